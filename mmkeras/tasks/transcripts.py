"""Transcripts in place of texts, so that models of texts take speech."""

from mmkeras.tasks import predict
from mmkeras.tasks.task import load

AUDIO, TEXT = "audio", "text"
_BATCH = 16  # Recordings in memory at the same time.


def transcribe(transcriber, recordings, progress=None):
    """Writes down what is said in recordings.

    Args:
        transcriber: Run, preset or pretrained network that takes recordings
            alone, e.g. `"whisper:PRESET"`.
        recordings: List of paths or bytes of audio files.
        progress: Function of the numbers of processed and all recordings.

    Returns:
        Tuple of a list of texts, and a list of errors: empty strings, or why
        a recording has no text.

    Raises:
        ValueError: If the transcriber takes something else, or returns none.
    """
    task = load(transcriber)
    if task.fields != [AUDIO] or TEXT not in task.answer_keys:
        raise ValueError(
            "A transcriber (`--transcriber`) takes recordings alone and "
            "returns their text, e.g. whisper:PRESET or a run of "
            f"transcribe-audio-ctc. Received: {transcriber}, a model of "
            f"{', '.join(task.fields)}"
        )
    texts, errors = [], []
    for i in range(0, len(recordings), _BATCH):
        part = [{AUDIO: value} for value in recordings[i : i + _BATCH]]
        for answer in predict.predict(task, part, **task.generation_options()):
            texts.append(answer[TEXT].strip())
            silent = "" if texts[-1] else "no words were recognised in it"
            errors.append(answer["error"] or silent)
        if progress:
            progress(len(texts), len(recordings))
    return texts, errors


def replace_texts(task, rows, transcriber, progress=None):
    """Replaces the text of each row by the transcript of its recording.

    Args:
        task: A `tasks.Task` that takes texts; it need not take recordings.
        rows: Rows of a data set. Those without a recording are left out.
        transcriber: As of `transcribe`.
        progress: As of `transcribe`.

    Returns:
        Tuple of the rows that have a transcript, and a list of `(row id,
        error)` of those whose recording has none.

    Raises:
        ValueError: If the task takes no texts, or no row has a recording with
            words.
    """
    if TEXT not in task.fields:
        raise ValueError(
            "Transcripts (`--transcriber`) take the place of a model's input "
            f"`text`. Received: a model of {', '.join(task.fields)}"
        )
    spoken = [row for row in rows if row.get(AUDIO)]
    files = [row[AUDIO] for row in spoken]
    texts, errors = transcribe(transcriber, files, progress)
    results = list(zip(spoken, texts, errors))
    skipped = [(row["id"], error) for row, _, error in results if error]
    replaced = [
        {**_without_captions(row), TEXT: text}
        for row, text, error in results
        if not error
    ]
    if not replaced:
        raise ValueError(
            "Expected rows with a recording of speech in the column `audio`. "
            f"Received: {len(rows)} rows, {len(spoken)} with a recording, none "
            f"with words. {dict(skipped[:1]) or ''}"
        )
    return replaced, skipped


def _without_captions(row):
    return {k: v for k, v in row.items() if k not in ("caption", "captions")}
