"""Byte-pair codec: a sentence to the ids of RoBERTa, GPT-2 or CLIP."""

import functools

import tensorflow as tf

from mmkeras.data.codecs import byte_pair_words
from mmkeras.data.codecs import sample_values
from mmkeras.data.codecs.merges import Merges
from mmkeras.data.codecs.merges import byte_characters
from mmkeras.data.codecs.token_codec import TokenCodec

_LONGEST = 10_000  # Bytes of a word; further ones are left out.


class BytePairs(TokenCodec):
    """Turns a sentence into the ids of byte pairs, as RoBERTa reads them.

    `tokenize` returns the ids of the tokenizers that the networks were
    trained with. Encoded sentences have these ids plus 1, because id 0 is
    padding. All of it is core TensorFlow and holds no resource, so it runs in
    `tf.data` and in a SavedModel that any server loads.

    Args:
        vocabulary: List of all tokens, in the order of the tokenizer's ids.
            Each byte is written as one character, as in files of GPT-2.
        merges: List of pairs of tokens that are merged, separated by a space,
            in the order in which they are.
        length: Number of ids of an encoded sentence, start and end included.
            Longer sentences are truncated.
        start: Token before a sentence, or `None` for none.
        end: Token behind a sentence.
        padding: Token that the network takes as padding.
        special: List of tokens that are not split where a text has them.
        mask: Token that hides a word from a model, or `None` for none.
        style: `"gpt2"`, also that of RoBERTa, or `"clip"`; see
            `byte_pair_words.split`.
        prefix_space: bool. Whether a text begins with a space.

    Raises:
        ValueError: If a token is not in the vocabulary or is in it twice, a
            merge is not a pair, the style is unknown, or `length` is below 3.

    References:
        [Sennrich et al., 2016](https://arxiv.org/abs/1508.07909); of bytes:
        [Radford et al., 2019](https://github.com/openai/gpt-2)
    """

    network_offset = 1

    def __init__(
        self,
        vocabulary,
        merges,
        length=128,
        start="<s>",
        end="</s>",
        padding="<pad>",
        special=(),
        mask=None,
        style="gpt2",
        prefix_space=False,
    ):
        if style not in byte_pair_words.STYLES:
            raise ValueError(
                f"`style` must be one of {', '.join(byte_pair_words.STYLES)}. "
                f"Received: style={style!r}"
            )
        self._tokens, self._pairs = list(vocabulary), list(merges)
        ids = _numbered(self._tokens)
        self._special = list(dict.fromkeys(special))
        named = {"start": start, "end": end, "padding": padding, "mask": mask}
        _check(named | {f"special[{x!r}]": x for x in self._special}, ids)
        super().__init__(
            ["", *self._tokens],
            length,
            None if start is None else ids[start] + 1,
            ids[end] + 1,
            mask=None if mask is None else ids[mask] + 1,
        )
        self.network_padding = ids[padding]
        self.style, self.prefix_space = style, bool(prefix_space)
        self._names = named
        self._special_ids = [ids[token] for token in self._special]
        ending = "</w>" if style == "clip" else ""
        self._merges = Merges(ids, self._pairs, ending)

    @property
    def special(self):
        """See `TokenCodec.special`."""
        return sorted({*super().special, *(i + 1 for i in self._special_ids)})

    def token_ids(self, sentence, limit):
        """See `TokenCodec.token_ids`."""
        return self._tokenize(sentence, limit) + 1

    def tokenize(self, sentence):
        """Splits sentences into tokens.

        Args:
            sentence: String tensor of shape `(n,)`.

        Returns:
            Ragged int32 tensor of the tokenizer's ids, of shape `(n,
            tokens)`, without start and end.
        """
        return self._tokenize(tf.convert_to_tensor(sentence, tf.string))

    def decode(self, ids):
        """Decodes sentences exactly; special tokens are left out.

        Args:
            ids: Integer tensor of shape `(..., length)`, of any length, with
                or without start, end and padding.

        Returns:
            String tensor of shape `(...)`; bytes that are not UTF-8, such as
            half a character, are replaced by U+FFFD.
        """
        pieces = tf.gather(tf.constant(self._pieces), ids)
        text = tf.strings.reduce_join(pieces, -1)
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
        if self.style == "clip":
            return tf.strings.strip(text)
        if self.prefix_space:
            return tf.strings.regex_replace(text, "^ ", "")
        return text

    @functools.cached_property
    def _pieces(self):
        """The bytes of each id, empty for special ones."""
        numbers = {x: bytes([i]) for i, x in enumerate(byte_characters())}
        special, pieces = set(self.special), []
        for i, token in enumerate(self.vocabulary):
            piece = b"".join(numbers.get(x, x.encode()) for x in token)
            if self.style == "clip" and piece.endswith(b"</w>"):
                piece = piece.removesuffix(b"</w>") + b" "
            pieces.append(b"" if i in special else piece)
        return pieces

    def samples(self):
        """See `Codec.samples`: short, long and unusual sentences."""
        words = [x.strip("Ġ").removesuffix("</w>") for x in self._tokens]
        words = [x for x in words if x.isascii() and x.isalpha()] or ["a"]
        return [
            *sample_values.texts(words[:1000]),
            sample_values.UNUSUAL_TEXT,
            "",
        ]

    def get_config(self):
        return {
            "vocabulary": self._tokens,
            "merges": self._pairs,
            "length": self.length,
            **self._names,
            "special": self._special,
            "style": self.style,
            "prefix_space": self.prefix_space,
        }

    def _tokenize(self, sentence, limit=-1):
        """Ids of sentences, at least the first `limit` ones of each."""
        words, is_special = byte_pair_words.split(
            sentence, self.style, self._special, self.prefix_space
        )
        texts, index = tf.unique(words.flat_values)
        texts = tf.strings.substr(texts, 0, _LONGEST)
        ids = tf.gather(self._merges(texts), index)
        if self._special:
            ids = self._with_special(ids, words.flat_values, is_special)
        return words.with_flat_values(ids).merge_dims(1, 2)

    def _with_special(self, ids, words, is_special):
        """Replaces the ids of words that are special tokens."""
        same = words[:, None] == tf.constant(self._special)
        special = tf.gather(self._special_ids, tf.argmax(same, 1))
        special = tf.RaggedTensor.from_tensor(special[:, None])
        count = tf.size(words)
        place = tf.range(count) + tf.where(is_special, 0, count)
        return tf.gather(tf.concat([special, ids], 0), place)


def _numbered(tokens):
    """Returns a dict from tokens to their ids."""
    ids = {token: i for i, token in enumerate(tokens)}
    if len(ids) < len(tokens):
        twice = next(x for i, x in enumerate(tokens) if ids[x] != i)
        raise ValueError(
            "`vocabulary` must be a list of distinct tokens. Received twice: "
            f"{twice!r}"
        )
    return ids


def _check(named, ids):
    for name, token in named.items():
        is_none = name in ("start", "mask") and token is None
        if token not in ids and not is_none:
            raise ValueError(
                f"`{name}` must be a token of the vocabulary. Received: "
                f"{name}={token!r}, which is not among {len(ids):,} tokens."
            )
