"""Tasks: a model together with the codecs that feed it raw data."""

from mmkeras.tasks import targets
from mmkeras.tasks import task
from mmkeras.tasks.caption import Caption
from mmkeras.tasks.classify import Classify
from mmkeras.tasks.dialogue import Dialogue
from mmkeras.tasks.emotion import Emotion
from mmkeras.tasks.pretrain import Pretrain
from mmkeras.tasks.retrieve import Retrieve
from mmkeras.tasks.task import Task
from mmkeras.tasks.task import load
from mmkeras.tasks.transcribe import Transcribe
from mmkeras.tasks.translate import Translate
from mmkeras.tasks.vqa import VQA


def of(architecture):
    """Returns the class of an architecture's task.

    It is that of the same name, or `Classify`.
    """
    return task.TASKS.get(architecture.task, Classify)
