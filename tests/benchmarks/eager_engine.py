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
import pathlib
import resource
import statistics
import time

import torch
from eager_networks import HEADS, PROMPT_WIDTH, Decoder, Unet


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
