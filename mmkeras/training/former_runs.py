"""Reads the `run.json` of earlier versions."""

_RECIPE = {
    "branch_rate": "encoder_lr_scale",
    "by_length": "bucket_by_length",
    "draws": "num_samples",
    "every_subset": "all_subsets",
    "pooled": "pool_image",
    "together": "examples_per_image",
}
_DATA = {
    "image_size": "image_size",
    "seconds": "audio_seconds",
    "length": "max_length",
    "minimum": "min_count",
    "vectors": "word_vectors",
}
_TASK = {"target": "target", "answers": "max_answers", "only": "modalities"}
_TRAIN = {"policy": "precision", "stem": "cache_at"}


def upgrade(arguments):
    """Names the arguments of a run as they are named now.

    Args:
        arguments: Dict of the `"arguments"` in a `run.json`, of any version.

    Returns:
        The arguments in groups; those in groups already are unchanged.
    """
    recipe = arguments.get("recipe")
    if not isinstance(recipe, dict):
        return arguments
    recipe = dict(recipe)
    model, reward = recipe.pop("settings", {}), recipe.pop("reward", None)
    train = {_RECIPE.get(name, name): value for name, value in recipe.items()}
    train |= _renamed(arguments, _TRAIN)
    if arguments.get("fine_tune"):
        tuned = arguments["fine_tune"]
        train["fine_tune"] = "all" if tuned is True else tuned
    if arguments.get("weights"):
        network = arguments.get("network", "MobileNetV2")
        model = model | {
            "image": f"application:{network}:{arguments['weights']}"
        }
    task = _renamed(arguments, _TASK) | ({"reward": reward} if reward else {})
    kept = ("fingerprint", "seed", "init", "files")
    return {
        "architecture": arguments.get("model"),
        "dataset": arguments.get("data"),
        **{name: arguments[name] for name in kept if name in arguments},
        "train": train,
        "model": model,
        "data": _renamed(arguments, _DATA),
        "task": task,
    }


def _renamed(arguments, names):
    return {
        new: arguments[old] for old, new in names.items() if old in arguments
    }
