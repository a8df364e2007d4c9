"""Metrics of captions, predictions and rankings, in Python and NumPy.

The functions for captions take lists of tokens, as returned by `tokenize`;
`caption_scores` takes strings and computes all caption metrics.
`classification_scores` takes labels and probabilities, `ranking_scores` the
scores of candidate answers, `retrieval_scores` the embeddings of two
modalities.
"""

from mmkeras.metrics import bleu
from mmkeras.metrics import cider
from mmkeras.metrics import classification
from mmkeras.metrics import diversity
from mmkeras.metrics import meteor
from mmkeras.metrics import ranking
from mmkeras.metrics import regression
from mmkeras.metrics import retrieval
from mmkeras.metrics import rouge
from mmkeras.metrics.answers import normalized
from mmkeras.metrics.answers import vqa_accuracy
from mmkeras.metrics.bleu import corpus_bleu
from mmkeras.metrics.captions import caption_scores
from mmkeras.metrics.captions import caption_statistics
from mmkeras.metrics.captions import scores_of_statistics
from mmkeras.metrics.classification_scores import classification_scores
from mmkeras.metrics.consistency import consistency
from mmkeras.metrics.diversity import distinct
from mmkeras.metrics.diversity import unique_share
from mmkeras.metrics.diversity import vocabulary
from mmkeras.metrics.error_rates import error_rates
from mmkeras.metrics.error_rates import error_statistics
from mmkeras.metrics.error_rates import lower_is_better
from mmkeras.metrics.late_interaction import late_interaction
from mmkeras.metrics.ranking import ranking_scores
from mmkeras.metrics.retrieval import retrieval_scores
from mmkeras.metrics.rouge import rouge_l
from mmkeras.metrics.tokenize import tokenize
from mmkeras.metrics.translation import bleu_of_statistics
from mmkeras.metrics.translation import require_translation_packages
from mmkeras.metrics.translation import translation_scores
from mmkeras.metrics.translation import translation_signatures
from mmkeras.metrics.translation import translation_statistics
from mmkeras.metrics.word_errors import word_errors
