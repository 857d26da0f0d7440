"""Train a small network from a fixed seed to tell two intertwined spirals apart.

Writes `model.safetensors` (float32, 4482 parameters) and `metrics.json`. All points are
one batch, so that nothing depends on the order in which a loader brings them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

SEED = 20240229


def spirals(
    points: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return *points* positions (x, y) on each of two spirals, and their labels."""
    radius = torch.rand(2 * points, generator=generator)
    labels = torch.arange(2 * points) % 2
    angle = 2.5 * torch.pi * radius + torch.pi * labels
    noise = 0.02 * torch.randn(2 * points, 2, generator=generator)
    places = radius[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    return places + noise, labels


def main() -> None:
    """Train, evaluate and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()

    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    x_train, y_train = spirals(512, generator)
    x_test, y_test = spirals(256, generator)
    model = nn.Sequential(
        nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    loss_of = nn.CrossEntropyLoss()
    for _ in range(options.steps):
        optimizer.zero_grad()
        loss_of(model(x_train), y_train).backward()
        optimizer.step()

    with torch.no_grad():
        scores = model(x_test)
        metrics = {
            "loss": loss_of(scores, y_test).item(),
            "accuracy": (scores.argmax(dim=1) == y_test).double().mean().item(),
            "parameters": sum(each.numel() for each in model.parameters()),
        }
    save_file(model.state_dict(), options.out / "model.safetensors")
    (options.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(f"spirals: accuracy {metrics['accuracy']:.4f}")


if __name__ == "__main__":
    main()
