"""Generation of text: beam search, sampling, minimum Bayes risk."""

from mmkeras.generation.ctc import CTCDecoder
from mmkeras.generation.generator import SequenceGenerator
from mmkeras.generation.mbr import expected_ngram_matches
from mmkeras.generation.mbr import mbr_scores
from mmkeras.generation.windows import GenerateWindows

__all__ = [
    "CTCDecoder",
    "GenerateWindows",
    "SequenceGenerator",
    "expected_ngram_matches",
    "mbr_scores",
]
