"""Dialogue codec: the turns of a dialogue to word ids."""

from mmkeras.data.codecs.text import EARLIER
from mmkeras.data.codecs.text import Text
from mmkeras.data.codecs.turn_codec import TurnCodec


class Dialogue(TurnCodec):
    r"""Encodes each turn of a dialogue as word ids.

    A dialogue is a string with one turn per line. A line may begin with the
    speaker, "Ann: Hello!"; the name is encoded like any other word. Blank
    lines at the end are ignored; an empty turn before others counts.

    Args:
        vocabulary: List of words, as for `Text`.
        turns: int. Maximum number of turns.
        length: int. Number of ids of each turn, start and end included;
            longer turns are cut.
        lowercase: As for `Text`, as are the following.
        accents: Whether to keep accents.
        split: `"words"`, `"mixed"` or `"characters"`.
        punctuation: `"keep"` or `"drop"`.
        normalization: Unicode normalization form.
        emoji: `"drop"` or `"keep"`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> codec = Dialogue(["hello", ":", "ann"], turns=4, length=8)
    >>> codec("Ann: Hello!\nHello.").shape
    TensorShape([4, 8])
    """

    def __init__(
        self,
        vocabulary,
        turns=32,
        length=32,
        lowercase=True,
        accents=True,
        split="words",
        punctuation="keep",
        normalization="NFC",
        emoji="drop",
    ):
        words = Text(
            vocabulary,
            length,
            lowercase,
            accents,
            split,
            punctuation,
            normalization,
            emoji,
        )
        super().__init__(words, turns)

    @classmethod
    def from_dialogues(
        cls, dialogues, minimum=2, punctuation="keep", **options
    ):
        """Makes a codec that fits dialogues.

        Args:
            dialogues: List of lists of strings, from the training split only.
            minimum: int. Minimum count of a word.
            punctuation: `"keep"` or `"drop"`.
            **options: Further arguments of `Dialogue`.

        Returns:
            A `Dialogue` for as many turns as the longest dialogue has.
        """
        texts = [turn for turns in dialogues for turn in turns]
        words = Text.from_texts(
            texts, minimum=minimum, punctuation=punctuation, **options
        )
        longest = max(len(turns) for turns in dialogues)
        return cls(**{**words.get_config(), "turns": longest})

    @classmethod
    def from_config(cls, config):
        return cls(**{**EARLIER, **config})
