"""Codec of dialogues: their turns to the ids of a pretrained network."""

from mmkeras.data.codecs.turn_codec import TurnCodec


class TokenDialogue(TurnCodec):
    """Encodes each line of a dialogue with the codec of a sentence.

    Args:
        words: The codec of a turn, such as a `WordPieces`; or a dict as of
            `codecs.to_config`.
        turns: int. Maximum number of turns.

    Raises:
        ValueError: If `turns` is below 1.
    """

    def __init__(self, words, turns=32):
        from mmkeras.data import codecs  # Late: it imports this module.

        if isinstance(words, dict):
            words = codecs.from_config(words)
        super().__init__(words, turns)

    @classmethod
    def from_dialogues(cls, words, dialogues):
        """Makes a codec for as many turns as the longest dialogue has.

        Args:
            words: The codec of a turn.
            dialogues: List of lists of strings, from the training split only.
        """
        return cls(words, max(map(len, dialogues)))

    def get_config(self):
        from mmkeras.data import codecs  # Late: it imports this module.

        return {"words": codecs.to_config(self.words), "turns": self.turns}
