"""Generation of text: beam search, sampling, minimum Bayes risk."""

from mmkeras.generation.ctc import CTCDecoder
from mmkeras.generation.generator import SequenceGenerator
from mmkeras.generation.mbr import expected_ngram_matches
from mmkeras.generation.mbr import mbr_scores

__all__ = [
    "CTCDecoder",
    "SequenceGenerator",
    "expected_ngram_matches",
    "mbr_scores",
]
