"""Stable Diffusion 1.5's UNet and VAE decoder in plain PyTorch, operation for operation as diffusers has them, with its
names for the UNet's weights. PyTorch from 1.13 on; where it has scaled-dot-product attention, that is taken.
"""

import math

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
