"""Miniature sets of questions about images, in their official layouts."""

import io
import json
import zlib

import numpy as np
import PIL.Image

COLOURS = {"red": (220, 40, 40), "blue": (40, 40, 220)}


def image(colour, form="PNG", seed=0):
    """An image of one colour, a little noisy."""
    noise = np.random.default_rng(seed).integers(0, 30, (32, 32, 3))
    pixels = np.clip(noise + COLOURS[colour], 0, 255).astype("uint8")
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def drawn(count, seed=0):
    """Colours of so many images."""
    rng = np.random.default_rng(seed)
    return [str(colour) for colour in rng.choice(list(COLOURS), count)]


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    path.write_bytes(data)


def show(path, colour, form="PNG"):
    """Writes an image that is like no other."""
    seed = zlib.crc32("/".join(path.parts[-3:]).encode())
    put(path, image(colour, form, seed))


def easy_vqa(folder, counts=(20, 4)):
    for part, count in zip(("train", "test"), counts):
        asked = []
        for i, colour in enumerate(drawn(count)):
            show(folder / part / "images" / f"{i}.png", colour)
            asked.append(["what color is the shape?", colour, i])
            said = "yes" if colour == "red" else "no"
            asked.append(["is there a red shape?", said, i])
        put(folder / part / "questions.json", asked)


def vqa(folder, counts=(20, 4)):
    for part, count in zip(("train2014", "val2014"), counts):
        asked, told = [], []
        for i, colour in enumerate(drawn(count)):
            name = f"COCO_{part}_{i:012d}.jpg"
            show(folder / part / name, colour, "JPEG")
            said = "yes" if colour == "red" else "no"
            for j, (question, kind, answers) in enumerate(
                (
                    ("What colour is it?", "other", [colour] * 9 + ["pink"]),
                    ("Is it red?", "yes/no", [said] * 10),
                )
            ):
                number = 10 * i + j
                about = {"question_id": number, "image_id": i}
                asked.append({**about, "question": question})
                listed = [
                    {"answer": answer, "answer_id": k, "answer_confidence": "y"}
                    for k, answer in enumerate(answers, 1)
                ]
                told.append(
                    {
                        **about,
                        "question_type": "what",
                        "answer_type": kind,
                        "multiple_choice_answer": answers[0],
                        "answers": listed,
                    }
                )
        put(
            folder / f"v2_OpenEnded_mscoco_{part}_questions.json",
            {"data_type": "mscoco", "questions": asked},
        )
        put(
            folder / f"v2_mscoco_{part}_annotations.json",
            {"data_type": "mscoco", "annotations": told},
        )


def clevr(folder, counts=(20, 4)):
    home = folder / "CLEVR_v1.0"
    for part, count in zip(("train", "val"), counts):
        asked = []
        for i, colour in enumerate(drawn(count)):
            name = f"CLEVR_{part}_{i:06d}.png"
            show(home / "images" / part / name, colour)
            said = "yes" if colour == "red" else "no"
            for question, answer, function in (
                ("What color is the cube?", colour, "query_color"),
                ("Is there a red cube?", said, "exist"),
            ):
                asked.append(
                    {
                        "question": question,
                        "answer": answer,
                        "image_filename": name,
                        "image_index": i,
                        "question_index": len(asked),
                        "split": part,
                        "program": [
                            {"function": "scene", "inputs": []},
                            {"function": function, "inputs": [0]},
                        ],
                    }
                )
        put(
            home / "questions" / f"CLEVR_{part}_questions.json",
            {"info": {"split": part}, "questions": asked},
        )


def nlvr(folder, counts=(20, 4, 4)):
    for part, count in zip(("train", "dev", "test"), counts):
        lines = []
        for i, colour in enumerate(drawn(count)):
            name = f"{i // 2}-{i % 2}"
            for j in range(6 if part == "train" else 2):
                file = f"{part}-{name}-{j}.png"
                path = folder / part / "images" / str(i // 10) / file
                show(path, colour)
            line = {
                "sentence": "There is a red box.",
                "identifier": name,
                "directory": str(i // 10),
                "label": str(colour == "red").lower(),
                "evals": {"r0": "true"},
            }
            lines.append(json.dumps(line))
        put(folder / part / f"{part}.json", "\n".join(lines).encode())


LAYOUTS = {"easy-vqa": easy_vqa, "vqa": vqa, "clevr": clevr, "nlvr": nlvr}
