"""Codec of dialogues: their turns to the ids of a BERT's word pieces."""

from mmkeras.data.codecs.turn_codec import TurnCodec
from mmkeras.data.codecs.word_pieces import WordPieces


class WordPieceDialogue(TurnCodec):
    """Turns each line of a dialogue into the ids of word pieces.

    Args:
        vocabulary: As for `WordPieces`.
        turns: int. Maximum number of turns.
        length: int. Number of ids of each turn, start and end included;
            longer turns are cut.
        lowercase: As for `WordPieces`.
        strip_accents: As for `WordPieces`.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        vocabulary,
        turns=32,
        length=32,
        lowercase=True,
        strip_accents=None,
    ):
        words = WordPieces(vocabulary, length, lowercase, strip_accents)
        super().__init__(words, turns)

    @classmethod
    def from_words(cls, words, dialogues):
        """Makes the codec of dialogues from that of their turns.

        Args:
            words: A `WordPieces`.
            dialogues: List of lists of strings, from the training split only.

        Returns:
            A `WordPieceDialogue` for as many turns as the longest dialogue
            has.
        """
        return cls(**words.get_config(), turns=max(map(len, dialogues)))
