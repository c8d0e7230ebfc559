"""Stable Diffusion 1.5's UNet and VAE decoder in plain PyTorch, operation for operation as diffusers has them, eager
and with random weights: what weft-bench unet and weft-bench vae are compared with. PyTorch from 1.13 on; where it has
scaled-dot-product attention, that is taken, as diffusers takes it.

  python3 tests/benchmarks/eager_engine.py unet|vae [--device cuda:0] [--dtype float16] [--repeats N] [--write DIR]
      BATCH...

BATCH: samples of 64 x 64 latents. Prints a line of JSON for each batch, memory layout and, on a GPU, way in which cuDNN
chooses: seconds, best and median of the repeats, and the root mean square of what comes out. --write: first writes the
UNet's weights as a model folder, for the same measurement on the same weights: weft-bench unet --model DIR.
"""

import argparse
import json
import math
import pathlib
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

HEADS = 8
PROMPT_WIDTH = 768


class ResnetBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.norm1 = nn.GroupNorm(32, i, 1e-05)
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.time_emb_proj = nn.Linear(1280, o)
        self.norm2 = nn.GroupNorm(32, o, 1e-05)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(i, o, 1) if i != o else None

    def forward(self, x, t):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_emb_proj(F.silu(t))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if self.conv_shortcut is not None else x) + h


def attend(q, k, v):
    """(batch, heads, tokens, width) each. Without the fused operation: the scores as one product, softmax, product."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v)
    b, heads, n, width = q.shape
    q, k, v = (y.reshape(b * heads, -1, width) for y in (q, k, v))
    room = torch.empty(b * heads, n, k.shape[1], dtype=q.dtype, device=q.device)
    scores = torch.baddbmm(room, q, k.transpose(-1, -2), beta=0, alpha=width**-0.5)
    return torch.bmm(scores.softmax(-1), v).view(b, heads, n, width)


class Attention(nn.Module):
    def __init__(self, c, ctx, heads=HEADS, bias=False):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(c, c, bias=bias)
        self.to_k = nn.Linear(ctx, c, bias=bias)
        self.to_v = nn.Linear(ctx, c, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(c, c)])

    def forward(self, x, ctx):
        b, n, c = x.shape
        q, k, v = (
            f(y).view(b, -1, self.heads, c // self.heads).transpose(1, 2)
            for f, y in ((self.to_q, x), (self.to_k, ctx), (self.to_v, ctx))
        )
        return self.to_out[0](attend(q, k, v).transpose(1, 2).reshape(b, n, c))


class Gate(nn.Module):
    def __init__(self, c, o):
        super().__init__()
        self.proj = nn.Linear(c, 2 * o)

    def forward(self, x):
        a, g = self.proj(x).chunk(2, -1)
        return a * F.gelu(g)


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.net = nn.ModuleList([Gate(c, 4 * c), nn.Identity(), nn.Linear(4 * c, c)])

    def forward(self, x):
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1 = nn.LayerNorm(c)
        self.attn1 = Attention(c, c)
        self.norm2 = nn.LayerNorm(c)
        self.attn2 = Attention(c, PROMPT_WIDTH)
        self.norm3 = nn.LayerNorm(c)
        self.ff = FeedForward(c)

    def forward(self, x, ctx):
        y = self.norm1(x)
        x = self.attn1(y, y) + x
        x = self.attn2(self.norm2(x), ctx) + x
        return self.ff(self.norm3(x)) + x


class Transformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = nn.GroupNorm(32, c, 1e-06)
        self.proj_in = nn.Conv2d(c, c, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(c)])
        self.proj_out = nn.Conv2d(c, c, 1)

    def forward(self, x, ctx):
        b, c, h, w = x.shape
        y = self.proj_in(self.norm(x)).permute(0, 2, 3, 1).reshape(b, h * w, c)
        for t in self.transformer_blocks:
            y = t(y, ctx)
        return self.proj_out(y.reshape(b, h, w, c).permute(0, 3, 1, 2).contiguous()) + x


class DownBlock(nn.Module):
    def __init__(self, i, o, attn, last):
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock(i, o), ResnetBlock(o, o)])
        self.attentions = nn.ModuleList([Transformer(o), Transformer(o)]) if attn else None
        if not last:
            d = nn.Module()
            d.conv = nn.Conv2d(o, o, 3, 2, 1)
            self.downsamplers = nn.ModuleList([d])
        else:
            self.downsamplers = None

    def forward(self, x, t, ctx, skips):
        for i, r in enumerate(self.resnets):
            x = r(x, t)
            if self.attentions is not None:
                x = self.attentions[i](x, ctx)
            skips.append(x)
        if self.downsamplers is not None:
            x = self.downsamplers[0].conv(x)
            skips.append(x)
        return x


class UpBlock(nn.Module):
    def __init__(self, below, o, above, attn, last):
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResnetBlock((below if i == 0 else o) + (above if i == 2 else o), o) for i in range(3)]
        )
        self.attentions = nn.ModuleList([Transformer(o) for _ in range(3)]) if attn else None
        if not last:
            d = nn.Module()
            d.conv = nn.Conv2d(o, o, 3, 1, 1)
            self.upsamplers = nn.ModuleList([d])
        else:
            self.upsamplers = None

    def forward(self, x, t, ctx, skips):
        for i, r in enumerate(self.resnets):
            x = r(torch.cat([x, skips.pop()], 1), t)
            if self.attentions is not None:
                x = self.attentions[i](x, ctx)
        if self.upsamplers is not None:
            x = self.upsamplers[0].conv(F.interpolate(x, scale_factor=2.0, mode='nearest'))
        return x


class MiddleBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock(1280, 1280), ResnetBlock(1280, 1280)])
        self.attentions = nn.ModuleList([Transformer(1280)])

    def forward(self, x, t, ctx):
        return self.resnets[1](self.attentions[0](self.resnets[0](x, t), ctx), t)


class TimeEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_1 = nn.Linear(320, 1280)
        self.linear_2 = nn.Linear(1280, 1280)

    def forward(self, t):
        return self.linear_2(F.silu(self.linear_1(t)))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_in = nn.Conv2d(4, 320, 3, padding=1)
        self.time_embedding = TimeEmbedding()
        self.down_blocks = nn.ModuleList(
            [
                DownBlock(320, 320, 1, 0),
                DownBlock(320, 640, 1, 0),
                DownBlock(640, 1280, 1, 0),
                DownBlock(1280, 1280, 0, 1),
            ]
        )
        self.mid_block = MiddleBlock()
        self.up_blocks = nn.ModuleList(
            [
                UpBlock(1280, 1280, 1280, 0, 0),
                UpBlock(1280, 1280, 640, 1, 0),
                UpBlock(1280, 640, 320, 1, 0),
                UpBlock(640, 320, 320, 1, 1),
            ]
        )
        self.conv_norm_out = nn.GroupNorm(32, 320, 1e-05)
        self.conv_out = nn.Conv2d(320, 4, 3, padding=1)

    def forward(self, x, t, ctx):
        half = 160
        f = torch.exp(-math.log(10000) * torch.arange(half, device=x.device, dtype=torch.float32) / half)
        a = t[:, None].float() * f[None]
        e = torch.cat([a.cos(), a.sin()], -1).to(x.dtype).expand(x.shape[0], -1)
        t = self.time_embedding(e)
        x = self.conv_in(x)
        skips = [x]
        for d in self.down_blocks:
            x = d(x, t, ctx, skips)
        x = self.mid_block(x, t, ctx)
        for u in self.up_blocks:
            x = u(x, t, ctx, skips)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class DecoderResnetBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.norm1 = nn.GroupNorm(32, i, 1e-06)
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.norm2 = nn.GroupNorm(32, o, 1e-06)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(i, o, 1) if i != o else None

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if self.conv_shortcut is not None else x) + h


class DecoderAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.group_norm = nn.GroupNorm(32, c, 1e-06)
        self.attention = Attention(c, c, heads=1, bias=True)

    def forward(self, x):
        b, c, h, w = x.shape
        y = self.group_norm(x).view(b, c, h * w).transpose(1, 2)
        return self.attention(y, y).transpose(1, 2).reshape(b, c, h, w) + x


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.post_quant_conv = nn.Conv2d(4, 4, 1)
        self.conv_in = nn.Conv2d(4, 512, 3, padding=1)
        self.mid_block = nn.Sequential(DecoderResnetBlock(512, 512), DecoderAttention(512), DecoderResnetBlock(512, 512))
        widths = [512, 512, 512, 256, 128]
        self.up_blocks = nn.ModuleList()
        self.upsamplers = nn.ModuleList()
        for i, o in zip(widths, widths[1:]):
            self.up_blocks.append(nn.Sequential(*(DecoderResnetBlock(i if n == 0 else o, o) for n in range(3))))
            self.upsamplers.append(nn.Conv2d(o, o, 3, padding=1) if o != 128 else None)
        self.conv_norm_out = nn.GroupNorm(32, 128, 1e-06)
        self.conv_out = nn.Conv2d(128, 3, 3, padding=1)

    def forward(self, z):
        x = self.mid_block(self.conv_in(self.post_quant_conv(z)))
        for block, upsampler in zip(self.up_blocks, self.upsamplers):
            x = block(x)
            if upsampler is not None:
                x = upsampler(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.conv_out(F.silu(self.conv_norm_out(x)))


def seconds(work, device, repeats):
    """Of each pass, after one or, on a GPU, three to warm up."""

    def finish():
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    warm_ups = 3 if device.type == "cuda" else 1
    times = []
    for number in range(warm_ups + repeats):
        finish()
        begin = time.perf_counter()
        work()
        finish()
        if number >= warm_ups:
            times.append(time.perf_counter() - begin)
    return times


def write(engine, folder):
    """The folders of a model that weft-bench unet reads."""
    widths = [320, 640, 1280, 1280]
    attends = "CrossAttn{}Block2D"
    configs = {
        "unet": {
            "_class_name": "UNet2DConditionModel",
            "in_channels": 4,
            "out_channels": 4,
            "block_out_channels": widths,
            "layers_per_block": 2,
            "attention_head_dim": HEADS,
            "cross_attention_dim": PROMPT_WIDTH,
            "norm_num_groups": 32,
            "down_block_types": 3 * [attends.format("Down")] + ["DownBlock2D"],
            "up_block_types": ["UpBlock2D"] + 3 * [attends.format("Up")],
        },
        "vae": {
            "_class_name": "AutoencoderKL",
            "block_out_channels": [128, 256, 512, 512],
            "latent_channels": 4,
            "down_block_types": 4 * ["DownEncoderBlock2D"],
            "up_block_types": 4 * ["UpDecoderBlock2D"],
            "layers_per_block": 2,
            "norm_num_groups": 32,
        },
        "text_encoder": {
            "hidden_size": PROMPT_WIDTH,
            "intermediate_size": 4 * PROMPT_WIDTH,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "max_position_embeddings": 77,
            "vocab_size": 49408,
            "hidden_act": "quick_gelu",
        },
    }
    for part, config in configs.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / "config.json").write_text(json.dumps(config))
    header, values, begin = {}, [], 0
    for name, value in engine.state_dict().items():
        values.append(value.float().cpu().contiguous().numpy().tobytes())
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [begin, begin + len(values[-1])]}
        begin += len(values[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "unet" / "diffusion_pytorch_model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.writelines(values)


def noise(*shape):
    """weft-bench's inputs."""
    return torch.empty(shape).normal_(generator=torch.Generator().manual_seed(2))


def measure(engine, part, batch, options, repeats):
    latents = noise(batch, 4, 64, 64).to(**options)
    prompt = noise(batch, 77, PROMPT_WIDTH).to(**options)
    step = torch.tensor([501.0], device=options["device"])
    layouts = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
    on_gpu = options["device"].type == "cuda"
    for layout, memory_format in layouts.items():
        engine.to(memory_format=memory_format)
        sample = latents.to(memory_format=memory_format)
        for by_trial in (False, True) if on_gpu else (False,):
            torch.backends.cudnn.benchmark = by_trial
            work = (lambda: engine(sample, step, prompt)) if part == "unet" else (lambda: engine(sample))
            times = seconds(work, options["device"], repeats)
            line = {"part": part, "torch": torch.__version__, "batch": batch, "layout": layout}
            line.update({"dtype": str(options["dtype"]), "threads": torch.get_num_threads(), "by_trial": by_trial})
            line.update({"seconds": min(times), "seconds_median": statistics.median(times)})
            line["output_rms"] = work().float().square().mean().sqrt().item()
            line["peak_memory_bytes"] = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["unet", "vae"])
    parser.add_argument("batches", metavar="BATCH", type=int, nargs="+")
    parser.add_argument("--device", type=torch.device, default="cuda:0")
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float16")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--write", metavar="DIR", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    options = {"device": arguments.device, "dtype": getattr(torch, arguments.dtype)}
    engine = (Unet if arguments.part == "unet" else Decoder)().to(**options).eval()
    if arguments.write:
        if arguments.part != "unet":
            parser.error("--write is for the UNet")
        write(engine, arguments.write)
    for batch in arguments.batches:
        measure(engine, arguments.part, batch, options, arguments.repeats)


if __name__ == "__main__":
    with torch.no_grad():
        main()
