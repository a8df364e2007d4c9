import os
import shutil

import image_files
import numpy as np
import pytest

from mmkeras.data.check import check


def image(seed):
    noise = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), "uint8")
    return image_files.save(noise, "PNG")


@pytest.fixture
def folder(tmp_path):
    """A table of six good images, two of them for testing."""
    (tmp_path / "images").mkdir()
    lines = ["image,captions,split"]
    for number in range(6):
        (tmp_path / "images" / f"{number}.png").write_bytes(image(number))
        split = "test" if number > 3 else "val" if number > 2 else "train"
        lines.append(f"images/{number}.png,A dog.|Dog {number} runs,{split}")
    (tmp_path / "data.csv").write_text("\n".join(lines))
    return tmp_path


def add(folder, line):
    with (folder / "data.csv").open("a") as file:
        file.write(f"\n{line}")


def problems_of(folder):
    report = check(folder, kind="captions")
    return [
        (p.kind, p.where.replace(f"{folder}/", ""), p.detail)
        for p in report.problems
    ]


def test_good_data_is_ok(folder):
    progress = []
    report = check(folder, progress=lambda *at: progress.append(at))
    assert report.ok
    assert report.problems == []
    assert report.notes == []
    assert report.counts == {
        "images": 6,
        "captions": 12,
        "splits": {"train": 3, "val": 1, "test": 2},
        "captions per image": {"min": 2, "mean": 2, "max": 2},
        "words per caption": {"min": 2, "mean": 2.5, "max": 3},
    }
    assert progress[-1] == (6, 6)


def test_names_missing_corrupt_and_empty_images(folder):
    (folder / "images" / "1.png").unlink()
    os.truncate(folder / "images" / "2.png", 70)
    (folder / "images" / "3.png").write_bytes(b"")
    (folder / "images" / "4.png").write_text("no image")
    kind = "not a JPEG, PNG, GIF, BMP or WebP image"
    assert problems_of(folder) == [
        ("missing", "images/1.png", "the image"),
        ("corrupt", "images/2.png", "truncated PNG"),
        ("empty", "images/3.png", "empty"),
        ("corrupt", "images/4.png", kind),
    ]
    report = check(folder, kind="captions")
    assert not report.ok
    assert report.kinds == {"missing": 1, "corrupt": 2, "empty": 1}


def test_names_a_missing_folder_once(folder):
    shutil.rmtree(folder / "images")
    assert problems_of(folder) == [
        ("missing", "images", "the folder of 6 images")
    ]


def test_names_captions(folder):
    add(folder, "images/0.png,a dog.|  |One,train")
    (folder / "images" / "7.png").write_bytes(image(7))
    add(folder, "images/7.png,,train")
    text = '{"image": "images/7.png", "split": "train"}'
    assert problems_of(folder) == [
        ("duplicate", "images/0.png", "caption 3 repeats caption 1"),
        ("empty", "images/0.png", "caption 4 is empty"),
        ("empty", "images/7.png", "caption 1 is empty"),
    ]
    (folder / "data.csv").unlink()
    (folder / "data.jsonl").write_text(text)
    assert problems_of(folder) == [
        ("unpaired", "images/7.png", "an image without captions")
    ]


def test_duplicates_alone_are_ok(folder):
    shutil.copy(folder / "images" / "0.png", folder / "images" / "1.png")
    report = check(folder, kind="captions")
    (problem,) = report.problems
    assert problem.kind == "duplicate"
    assert problem.where.endswith("1.png")
    assert problem.detail.endswith("0.png")
    assert report.ok


def test_a_copy_in_another_split_is_a_leak(folder):
    shutil.copy(folder / "images" / "0.png", folder / "images" / "5.png")
    ((kind, where, detail),) = problems_of(folder)
    assert kind == "leak"
    assert where == "images/5.png"
    assert detail.startswith("has the same content as")
    assert detail.endswith("images/0.png and is in train and test")
    assert not check(folder).ok


def test_a_name_in_two_splits_is_a_leak(folder):
    add(folder, "images/0.png,Again,test")
    assert problems_of(folder) == [
        ("leak", "images/0.png", "is in train and test")
    ]


def test_empty_files_are_no_duplicates(folder):
    for number in (0, 5):
        (folder / "images" / f"{number}.png").write_bytes(b"")
    assert [kind for kind, _, _ in problems_of(folder)] == ["empty", "empty"]


def test_names_lines_that_cannot_be_read(folder):
    add(folder, "images/0.png")
    ((kind, where, detail),) = problems_of(folder)
    assert (kind, where) == ("corrupt", "data.csv:8")
    assert "expected 3 cells" in detail


def test_names_images_that_no_caption_has(tmp_path):
    (tmp_path / "Flicker8k_Dataset").mkdir()
    for number in range(4):
        path = tmp_path / "Flicker8k_Dataset" / f"{number}.jpg"
        path.write_bytes(image(number))
    (tmp_path / "Flickr8k.token.txt").write_text("0.jpg#0\ta\n1.jpg#0\tb\n")
    for name, keys in {"train": "0.jpg\n2.jpg", "dev": "", "test": ""}.items():
        (tmp_path / f"Flickr_8k.{name}Images.txt").write_text(keys)
    report = check("flickr8k", tmp_path)
    assert [(p.kind, p.where) for p in report.problems] == [
        ("unpaired", str(tmp_path / "Flicker8k_Dataset" / "3.jpg")),
        ("unpaired", "2.jpg"),
    ]
    assert report.notes == ["Images that belong to no split: 1."]


def test_names_a_missing_file_of_captions_once(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0.png").write_bytes(image(0))
    report = check(tmp_path)
    (problem,) = report.problems
    assert problem.kind == "missing"
    assert problem.where == str(tmp_path / "texts")


def test_an_empty_table(tmp_path):
    (tmp_path / "data.csv").write_text("image,caption\n")
    report = check(tmp_path)
    assert report.counts["images"] == 0
    assert report.counts["words per caption"] == {}


def test_unknown_data_set():
    with pytest.raises(ValueError, match="'tabel'"):
        check("tabel")


@pytest.mark.slow
@pytest.mark.realdata
def test_official_flickr8k(data_folder):
    report = check("flickr8k", data_folder / "flickr8k")
    assert report.ok
    assert report.counts["splits"] == {"train": 6000, "val": 1000, "test": 1000}
    assert report.counts["captions per image"]["mean"] == 5
    # The authors' own: 14 captions and one image that occur twice.
    assert report.kinds == {"duplicate": 15}


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\ufeff", "\u3000 "])
def test_a_text_of_white_space_alone_is_nothing(tmp_path, blank):
    lines = ["text,label,split", f"{blank},a,train"]
    lines += [f"day {word},{word},{split}" for split in ("train", "val")
              for word in "abab"]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(lines), "utf-8")
    report = check(tmp_path)
    [problem] = report.problems
    assert problem.detail in (
        "example has no input: all modalities are missing",
        "expected at least one of text, image, audio, features, video",
    )


def test_checks_rows_in_memory():
    rows = [
        {"image": image(i), "caption": f"A dog {i}.", "split": split}
        for i, split in enumerate(["train"] * 6 + ["val"] * 3)
    ]
    rows[1]["image"], rows[2]["image"] = b"junk", b"missing.png"
    rows[7]["image"] = rows[0]["image"]
    report = check(rows)
    kind = "not a JPEG, PNG, GIF, BMP or WebP image"
    problems = {(p.kind, p.where, p.detail) for p in report.problems}
    assert report.name == "rows" and report.counts["images"] == 8
    assert problems == {
        ("corrupt", "1: image", kind),
        ("corrupt", "2: image", kind),
        (
            "leak",
            "7: image",
            "has the same content as 0: image and is in train and val",
        ),
    }


def test_names_a_missing_folder_of_labelled_files_once(tmp_path):
    lines = ["audio,label,split"]
    lines += [f"missing/{i}.wav,{i % 2},{'train val'.split()[i // 4]}"
              for i in range(8)]  # fmt: skip
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (problem,) = check(tmp_path).problems
    assert problem.where == str(tmp_path / "missing")
    assert problem.detail == "the folder of 8 audio files"


def test_labelled_files_of_one_content_are_a_leak_across_splits(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.png").write_bytes(image(i % 3))
    lines = ["image,label,split", "0.png,x,train", "0.png,y,train"]
    lines += ["1.png,y,train", "3.png,x,val", "2.png,y,val", "1.png,x,val"]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    problems = {
        (
            p.kind,
            p.where.rpartition("/")[2],
            p.detail.replace(f"{tmp_path}/", ""),
        )
        for p in check(tmp_path).problems
    }
    same = "has the same content as 0.png and is in train and val"
    assert problems == {
        ("leak", "3.png", same),
        ("leak", "1.png", "the image is in train and val"),
    }
