"""What sentences are worth: pure Python, no Java.

Candidates are lists of tokens, one a picture; references are lists of lists
of tokens, several a picture. `caption_scores` takes plain sentences.
"""

from mmkeras.metrics.bleu import corpus_bleu
from mmkeras.metrics.captions import caption_scores
from mmkeras.metrics.cider import cider
from mmkeras.metrics.diversity import distinct
from mmkeras.metrics.diversity import unique_share
from mmkeras.metrics.diversity import vocabulary
from mmkeras.metrics.meteor import meteor
from mmkeras.metrics.rouge import rouge_l
from mmkeras.metrics.tokenize import tokenize
