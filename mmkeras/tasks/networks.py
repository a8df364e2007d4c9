"""Tasks of pretrained networks that answer without training."""

from mmkeras.branches import image_text as pairs
from mmkeras.branches import presets
from mmkeras.tasks import image_text
from mmkeras.tasks import safety
from mmkeras.tasks import whisper


def load(preset, **options):
    """Makes a task of a pretrained network.

    Args:
        preset: Folder of a preset of KerasHub or, for CLIP, of a model of
            Hugging Face.
        **options: For a Whisper: `language` and `translate`, see
            `whisper.of_backbone`.

    Returns:
        A `Retrieve` of images and texts, of CLIP, SigLIP or MetaCLIP 2; or a
        `Whisper`.

    Raises:
        ValueError: If it is another network, or its files contain code.
        ModuleNotFoundError: If a package that reads it is not installed.
    """
    safety.check_network(preset)
    backbone = presets.load_backbone(preset)
    if whisper.is_whisper(backbone):
        return whisper.of_backbone(backbone, preset, **options)
    if options:
        raise ValueError(
            f"{', '.join(options)} are options of Whisper. Received: {preset}, "
            f"a {type(backbone).__name__}"
        )
    if pairs.is_pair(backbone):
        return image_text.of_backbone(backbone, preset)
    raise ValueError(
        "Without training, only networks that embed images and texts in one "
        "space answer, such as CLIP and SigLIP, and Whisper, which recognises "
        f"speech. Received: {preset}, a {type(backbone).__name__}. Train an "
        f"architecture on it, with model.image=hub:{preset} or "
        f"model.text=hub:{preset}."
    )
