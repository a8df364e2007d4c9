"""Translates the options of earlier versions to keys.

`mmkeras train ARCH --epochs 10` is now `mmkeras train ARCH train.epochs=10`.
"""

import shlex

_TRAIN = {
    "--answers": "task.max_answers",
    "--augment": "train.augment",
    "--batch-size": "train.batch_size",
    "--branch-rate": "train.encoder_lr_scale",
    "--ema": "train.ema",
    "--epochs": "train.epochs",
    "--every-subset": "train.all_subsets",
    "--fine-tune": "train.fine_tune",
    "--image-size": "data.image_size",
    "--label-smoothing": "train.label_smoothing",
    "--learning-rate": "train.learning_rate",
    "--length": "data.max_length",
    "--minimum": "data.min_count",
    "--modality-dropout": "train.modality_dropout",
    "--monitor": "train.monitor",
    "--network": "model.image",
    "--no-augment": "train.augment",
    "--no-every-subset": "train.all_subsets",
    "--only": "task.modalities",
    "--patience": "train.patience",
    "--precision": "train.precision",
    "--reward": "task.reward",
    "--seconds": "data.audio_seconds",
    "--set": "model",
    "--stem": "train.cache_at",
    "--target": "task.target",
    "--vectors": "data.word_vectors",
    "--weights": "model.image",
}
_GENERATE = {
    "--beam": "generate.beam",
    "--consensus": "generate.consensus",
    "--length-penalty": "generate.length_penalty",
    "--minimum": "generate.min_length",
    "--no-repeat": "generate.no_repeat_ngram_size",
    "--samples": "generate.samples",
    "--seed": "generate.seed",
    "--temperature": "generate.temperature",
    "--top-k": "generate.top_k",
    "--top-p": "generate.top_p",
    "--word-penalty": "generate.word_penalty",
}
_FLAGS = {
    "--augment": "image,audio",
    "--every-subset": "true",
    "--no-augment": "[]",
    "--no-every-subset": "false",
}
_VERBS = {
    "train": _GENERATE | _TRAIN,
    "evaluate": _GENERATE,
    "predict": _GENERATE,
    "export": _GENERATE,
    "reproduce": {"--weights": "model.image"},
}
_RENAMED = {
    ("list", "--names"): "--names-only",
    ("report", "--against"): "--compare",
    ("report", "--alone"): "--unimodal",
    ("report", "--corrupt"): "--robustness",
    ("report", "--draws"): "--bootstrap-samples",
    ("report", "--rows"): "--max-examples",
}


def key_of(verb, option):
    """The key that an option of an earlier version is now, or `None`.

    Args:
        verb: Verb of the command line, e.g. `"train"`.
        option: E.g. `"--epochs"`.
    """
    return _VERBS.get(verb, {}).get(option)


def hint(verb, option, value=None):
    """Says what to write instead of an option of an earlier version.

    Args:
        verb: As of `key_of`.
        option: As of `key_of`.
        value: The value that was given, or `None`.

    Returns:
        A sentence, or `None` if it is no such option.
    """
    if (verb, option) in _RENAMED:
        return f"{option} is now {_RENAMED[verb, option]}"
    key = key_of(verb, option)
    if key is None:
        return None
    example = f"{key}={_FLAGS.get(option, value or '...')}"
    if option == "--set":
        example = f"model.{value}" if value else "model.dim=256"
    return f"{option} is now a key: {example}"


def translate(command):
    """Translates a command of an earlier version to keys.

    Options that had no effect on an architecture, such as the size of images
    of a model of sounds, are left out: it does not have such keys.

    Args:
        command: A command line, `mmkeras train ...` or `mmkeras evaluate ...`.

    Returns:
        The same command with keys; one that has keys already is unchanged.
    """
    words = shlex.split(command)
    verb, options, pairs = words[1], [], {}
    i = 2
    while i < len(words):
        word = words[i]
        key = key_of(verb, word)
        if verb == "train" and word == "--seed":
            key = None
        if key is None:
            options.append(word)
            i += 1
            continue
        if word in _FLAGS:
            pairs[key] = _FLAGS[word]
            i += 1
            continue
        value = words[i + 1]
        if word == "--set":
            name, _, value = value.partition("=")
            key = f"model.{name}"
        pairs["--network" if word == "--network" else key] = value
        i += 2
    network = pairs.pop("--network", None)
    if network and "model.image" in pairs:
        pairs["model.image"] = f"application:{network}:{pairs['model.image']}"
    if verb == "train" and pairs:
        pairs = _with_effect(words[2], pairs)
    pairs = [f"{key}={value}" for key, value in pairs.items()]
    return shlex.join([*words[:2], *options, *pairs])


def _with_effect(name, pairs):
    """The keys that an architecture has; those of its builder are kept."""
    from mmkeras.training import config_keys

    known = config_keys.keys(name)
    return {
        key: value
        for key, value in pairs.items()
        if key in known or key.startswith("model.")
    }
