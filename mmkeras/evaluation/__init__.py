"""Evaluation: scores, comparisons and figures.

- `evaluate`: scores of any task, of every subset of its modalities, and under
  mismatched inputs;
- `subsets`: scores per subset of modalities, and Shapley values;
- `mismatch`: scores under mismatched inputs;
- `bootstrap`: confidence intervals;
- `fusion_gain`: a multimodal model compared with unimodal models;
- `robustness`: scores under corrupted inputs;
- `transfer`: trainings with and without pretrained branches compared, and
  `transfer_runs`, which trains them;
- `runs`: evaluates a run and records its scores;
- `figures`: images with captions and attention maps;
- `charts`: results of classifiers as figures;
- `tables`: results as tables for the terminal;
- `formats`: titles and formats of metrics.
"""

from mmkeras.evaluation.evaluate import evaluate
from mmkeras.evaluation.fusion_gain import FusionGain
from mmkeras.evaluation.fusion_gain import fusion_gain
from mmkeras.evaluation.mismatch import mismatched
from mmkeras.evaluation.mismatch import shuffle_gap
from mmkeras.evaluation.robustness import Robustness
from mmkeras.evaluation.robustness import corruptible
from mmkeras.evaluation.robustness import robustness
from mmkeras.evaluation.subsets import Subsets
from mmkeras.evaluation.subsets import all_subsets
from mmkeras.evaluation.subsets import scored_subsets
from mmkeras.evaluation.subsets import shapley
from mmkeras.evaluation.transfer import Transfer
