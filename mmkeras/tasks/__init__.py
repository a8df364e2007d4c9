"""Tasks: a model together with the codecs that feed it raw data."""

from mmkeras.tasks.caption import Caption
from mmkeras.tasks.classify import Classify
from mmkeras.tasks.task import Task
from mmkeras.tasks.task import load
