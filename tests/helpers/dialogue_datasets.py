"""Miniature dialogues about images: VisDial's layout, and MNIST's files."""

import numpy as np
import question_datasets
from mnist_files import write_idx

CANDIDATES = 5


def visdial(folder, counts=(20, 4), rounds=3):
    """Writes talks whose first question needs the image, second the first."""
    questions = ["what color is it", "what did i ask", "is it red"]
    answers = [
        *question_datasets.COLOURS,
        "the color",
        "yes",
        "no",
        "maybe",
        "2 of them",
    ]
    for part, count in zip(("train", "val"), counts):
        rng = np.random.default_rng(len(part))
        dialogs, dense = [], []
        for i, colour in enumerate(question_datasets.drawn(count)):
            name = "VisualDialog_val2018" if part == "val" else "COCO_train2014"
            home = folder / name.removeprefix("COCO_")
            question_datasets.show(
                home / f"{name}_{i:012d}.jpg", colour, "JPEG"
            )
            said = [colour, "the color", "yes" if colour == "red" else "no"]
            turns = []
            for number, answer in enumerate(said[:rounds]):
                right = answers.index(answer)
                others = [j for j in range(len(answers)) if j != right]
                options = rng.permutation(others)[: CANDIDATES - 1].tolist()
                place = int(rng.integers(CANDIDATES))
                options.insert(place, right)
                turns.append(
                    {
                        "question": number,
                        "answer": right,
                        "answer_options": options,
                        "gt_index": place,
                    }
                )
            about = {"image_id": i, "caption": f"a {colour} image"}
            dialogs.append({**about, "dialog": turns})
            relevance = [0.0] * CANDIDATES
            relevance[turns[-1]["gt_index"]] = 1.0
            dense.append(
                {"image_id": i, "round_id": rounds, "gt_relevance": relevance}
            )
        data = {"questions": questions, "answers": answers, "dialogs": dialogs}
        question_datasets.put(
            folder / f"visdial_1.0_{part}.json",
            {"version": "1.0", "split": f"{part}2018", "data": data},
        )
    path = folder / "visdial_1.0_val_dense_annotations.json"
    question_datasets.put(path, dense)


def mnist(folder, train=5030, test=20):
    """Writes bars instead of digits, each so many pixels high, twice over."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % 10
        images = np.zeros((count, 28, 28), "uint8")
        for i, label in enumerate(labels):
            images[i, 3 : 5 + 2 * label, 4:24] = 255
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)
    return folder
