"""A tiny world of conversations, and of scenes that are talked about."""

import numpy as np

FEELINGS = ("joy", "sadness")


def turns(split="train", talks=12, voice=False, seed=0):
    """Rows of utterances, grouped by their conversation."""
    rng = np.random.default_rng([seed, len(split)])
    made = []
    for i in range(talks):
        for j in range(2 + i % 3):
            happy = bool(rng.random() < 0.5)
            row = {
                "id": f"{split}-{i}-{j}",
                "split": split,
                "group": f"{split}-{i}",
                "speaker": ("Ann", "Bob")[j % 2],
                "text": "yes, great!" if happy else "oh no.",
                "label": FEELINGS[not happy],
            }
            if voice:
                row["audio"] = rng.normal(1 if happy else -1, 0.1, 3)
            made.append(row)
    return made


def scenes(split="train", count=48, seed=0):
    """Rows of three things, of which the talk names the big or small one."""
    rng = np.random.default_rng([seed, len(split)])
    made = []
    for i in range(count):
        scene = rng.uniform(-1, 1, (3, 4)).astype("float32")
        sizes = scene[:, 2] = rng.permutation(3) - 1
        big = bool(rng.random() < 0.5)
        said = "the big one" if big else "the small one"
        made.append(
            {
                "id": f"{split}-{i}",
                "split": split,
                "text": f"you: which ?\nthem: {said} " + "." * (i % 9),
                "scene": scene,
                "label": str(int(sizes.argmax() if big else sizes.argmin())),
            }
        )
    return made
