"""Makes the codec of the tokenizer of a pretrained network."""

import base64

from mmkeras.branches import presets
from mmkeras.data.codecs.byte_pairs import BytePairs
from mmkeras.data.codecs.sentence_pieces import SentencePieces
from mmkeras.data.codecs.word_pieces import WordPieces

# Tokenizers of KerasHub that split texts as GPT-2 does.
_GPT2 = (
    "BartTokenizer",
    "GPT2Tokenizer",
    "OPTTokenizer",
    "RobertaTokenizer",
)
_CLIP = "CLIPTokenizer"
_SIGLIP = "SigLIPTokenizer"
_LOWER = (_SIGLIP, "MetaCLIP2Tokenizer")  # Their preprocessors lower letters.


def of_preset(preset, length=128):
    """Makes the codec of the tokenizer of a pretrained network.

    Args:
        preset: A name of KerasHub, a handle, or the folder of a preset or of
            a model of Hugging Face.
        length: int. Number of ids of an encoded sentence.

    Returns:
        A `WordPieces`, `BytePairs` or `SentencePieces`.

    Raises:
        ValueError: If the preset has another tokenizer.
        ModuleNotFoundError: As of `branches.presets.load_tokenizer`.
    """
    return of_tokenizer(presets.load_tokenizer(preset), preset, length)


def of_tokenizer(tokenizer, preset, length=128):
    """Makes the codec of a tokenizer of KerasHub; see `of_preset`.

    Args:
        tokenizer: A `keras_hub.tokenizers.Tokenizer`.
        preset: Its preset, for the error.
        length: int. Number of ids of an encoded sentence.
    """
    import keras_hub  # Late: it takes half a second.

    if isinstance(tokenizer, keras_hub.tokenizers.WordPieceTokenizer):
        return WordPieces.from_tokenizer(tokenizer, length)
    names = [cls.__name__ for cls in type(tokenizer).__mro__]
    if _CLIP in names or set(names) & {*_GPT2}:
        return _byte_pairs(tokenizer, length, names)
    if isinstance(tokenizer, keras_hub.tokenizers.SentencePieceTokenizer):
        return _sentence_pieces(tokenizer, preset, length)
    raise ValueError(_refusal(preset, type(tokenizer).__name__))


def _refusal(preset, kind):
    return (
        "Expected a preset with a tokenizer of word pieces (BERT, DistilBERT, "
        "ELECTRA), of byte pairs (RoBERTa, GPT-2, OPT, CLIP), or a "
        "unigram model of SentencePiece (ALBERT, XLM-R, SigLIP). Received: "
        f"{preset}, which has a {kind}. Choose a network with such a "
        "tokenizer; or compute features of the texts with this one, and train "
        "on them as `features`."
    )


def _byte_pairs(tokenizer, length, names):
    """The `BytePairs` of a tokenizer of byte pairs."""
    tokens = {number: token for token, number in tokenizer.vocabulary.items()}
    tokens = [tokens.get(i, f"<unused {i}>") for i in range(max(tokens) + 1)]
    return BytePairs(
        tokens,
        [x for x in tokenizer.merges if x and not x.startswith("#version")],
        length,
        tokenizer.start_token,
        tokenizer.end_token,
        tokens[tokenizer.pad_token_id],
        sorted(tokenizer.unsplittable_tokens),
        getattr(tokenizer, "mask_token", None),
        "clip" if _CLIP in names else "gpt2",
        tokenizer.add_prefix_space,
    )


def _sentence_pieces(tokenizer, preset, length):
    """The `SentencePieces` of a unigram model of SentencePiece."""
    from sentencepiece import sentencepiece_model_pb2 as protos

    model = protos.ModelProto.FromString(tokenizer.proto)
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    if trainer.model_type != trainer.UNIGRAM or trainer.byte_fallback:
        kind = trainer.ModelType.Name(trainer.model_type).lower()
        kind = f"{type(tokenizer).__name__} of the type {kind}"
        kind += ", with byte fallback" if trainer.byte_fallback else ""
        raise ValueError(_refusal(preset, kind))
    name = type(tokenizer).__name__
    vocabulary, scores = tokenizer.get_vocabulary(), _scores(model.pieces)
    unknown = next(i for i, x in enumerate(model.pieces) if x.type == x.UNKNOWN)
    prefix = getattr(tokenizer, "_vocabulary_prefix", None)
    if prefix:  # Of XLM-R: other special tokens than those of the model.
        scores = [None] * len(prefix) + scores[3:]
        unknown = tokenizer.unk_token_id
    scores += [None] * (len(vocabulary) - len(scores))
    return SentencePieces(
        vocabulary,
        scores,
        length,
        getattr(tokenizer, "start_token_id", None),
        tokenizer.end_token_id,
        tokenizer.pad_token_id,
        unknown,
        getattr(tokenizer, "mask_token_id", None),
        base64.b64encode(normalizer.precompiled_charsmap).decode(),
        normalizer.add_dummy_prefix,
        normalizer.remove_extra_whitespaces,
        name in _LOWER,
        "drop" if name == _SIGLIP else "keep",
    )


def _scores(pieces):
    """Scores of pieces, `None` for those that are in no text."""
    normal = [x.score for x in pieces if x.type == x.NORMAL]
    highest = max(normal)
    scores = []
    for piece in pieces:
        size = len(piece.piece.encode())
        user_defined = size * highest - 0.1  # As of SentencePiece.
        scores.append(
            {piece.NORMAL: piece.score, piece.USER_DEFINED: user_defined}.get(
                piece.type
            )
        )
    return scores
