"""The tokens of Whisper: its codec, prompts and suppressed tokens.

Ids are those of its tokenizer plus 1, as of `codecs.BytePairs`.
"""

from mmkeras.data import codecs

_NO_TIMES, _END = "<|notimestamps|>", "<|endoftext|>"
_TASKS = ("<|translate|>", "<|transcribe|>")
# Special tokens that are never part of a sentence.
_NEVER = ("<|startoftranscript|>", *_TASKS, "<|startoflm|>")
_SILENCE = ("<|nocaptions|>", "<|nospeech|>")  # One token, two names.
_NEVER += ("<|startofprev|>", *_SILENCE)
# Signs that annotate speech and are not spoken; Whisper's own list.
_SIGNS = [*'"#()*+/:;<=>@[\\]^_`{|}~「」『』']
_SIGNS += "<< >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }}".split()
_SIGNS += ["♪♪", "♪♪♪"]
_NOTES = [*"♩♪♫♬♭♮♯"]


def codec(tokenizer, size, length):
    """Makes the codec of Whisper's tokenizer.

    Args:
        tokenizer: A `keras_hub.models.WhisperTokenizer`.
        size: int. Number of tokens of the network.
        length: int. Number of ids of an encoded sentence.

    Returns:
        A `codecs.BytePairs` without timestamps, whose decoded texts begin
        without a space.
    """
    ids = _special(tokenizer)
    names = {number: token for token, number in tokenizer.vocabulary.items()}
    names |= {number: token for token, number in ids.items()}
    tokens = [names.get(i, f"<|unused {i}|>") for i in range(size)]
    special = [*ids, *(x for x in tokens if x.startswith("<|unused"))]
    return codecs.BytePairs(
        tokens,
        [x for x in tokenizer.merges if x and not x.startswith("#version")],
        length,
        start=_NO_TIMES,
        end=_END,
        padding=_END,
        special=sorted(set(special), key=tokens.index),
        prefix_space=True,
    )


def prompt(tokenizer, language=None, translate=False):
    """Chooses the tokens before a sentence.

    Args:
        tokenizer: A `keras_hub.models.WhisperTokenizer`.
        language: Code of the language, or `None` to recognise it.
        translate: bool. Whether to translate to English.

    Returns:
        Dict of the arguments `prompt` and `languages` of a `WhisperDecoder`,
        without the last token, `<|notimestamps|>`.

    Raises:
        ValueError: If the language is unknown, or the tokenizer has English
            only.
    """
    ids = _special(tokenizer)
    start = ids["<|startoftranscript|>"] + 1
    languages = tokenizer.language_tokens or {}
    if not languages:
        if translate or language not in (None, "en"):
            raise ValueError(
                "This Whisper recognises English only. Received: "
                f"language={language!r}, translate={translate}"
            )
        return {"prompt": (start,), "languages": ()}
    task = ids["<|translate|>" if translate else "<|transcribe|>"] + 1
    if language is None:
        every = tuple(number + 1 for number in languages.values())
        return {"prompt": (start, task), "languages": every}
    if f"<|{language}|>" not in languages:
        codes = ", ".join(sorted(x.strip("<|>") for x in languages))
        raise ValueError(
            f"`language` must be one of {codes}. Received: "
            f"language={language!r}"
        )
    spoken = languages[f"<|{language}|>"] + 1
    return {"prompt": (start, spoken, task), "languages": ()}


def no_speech(tokenizer):
    """Id of the token that no speech is, or `None` if there is none."""
    ids = _special(tokenizer)
    return next((ids[name] + 1 for name in _SILENCE if name in ids), None)


def suppressed(words, tokenizer):
    """Ids of tokens that are never generated.

    They are those of OpenAI's decoder: signs that annotate speech, special
    tokens and, as there are no timestamps, these; and padding.

    Args:
        words: As from `codec`.
        tokenizer: As of `codec`.

    Returns:
        Sorted list.
    """
    texts = [x for sign in [*_SIGNS, *_NOTES] for x in (sign, f" {sign}")]
    hyphen, quote, *signs = _ids(words, [" -", " '", *texts])
    numbers = {hyphen[0], quote[0]}
    for text, ids in zip(texts, signs):
        if len(ids) == 1 or text.strip() in _NOTES:
            numbers.add(ids[0])
    special = _special(tokenizer)
    numbers |= {special[name] for name in _NEVER if name in special}
    numbers |= set((tokenizer.language_tokens or {}).values())
    numbers |= set(range(special[_NO_TIMES] + 1, words.size - 1))
    return [0, *sorted(number + 1 for number in numbers)]


def suppressed_first(words, tokenizer):
    """Ids of tokens that no sentence begins with: a space, and the end."""
    [space] = _ids(words, [" "])
    return sorted(number + 1 for number in [*space, _special(tokenizer)[_END]])


def _special(tokenizer):
    """Dict from the special tokens of a tokenizer to its ids."""
    languages = tokenizer.language_tokens or {}
    names = zip(tokenizer.special_tokens, tokenizer.special_token_ids)
    return {**dict(names), **languages}


def _ids(words, texts):
    """The tokenizer's ids of texts, to which no space is added."""
    config = {**words.get_config(), "prefix_space": False}
    return codecs.BytePairs.from_config(config).tokenize(texts).to_list()
