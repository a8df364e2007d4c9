"""VQA accuracy: how many people would have given this answer?"""

import re

_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten".split()
    )
} | {"none": "0"}
_ARTICLES = {"a", "an", "the"}
_SIGNS = ';/[]"{}()=+\\_-><@`,?!'
_CONTRACTED = """
    ain't aren't can't could've couldn't couldn't've didn't doesn't don't
    hadn't hadn't've hasn't haven't he'd he'd've he's how'd how'll how's isn't
    it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't
    needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've
    shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd
    someone'd've someone'll someone's something'd something'd've something'll
    that's there'd there'd've there're there's they'd they'd've they'll they're
    they've 'twas wasn't we'd've we've weren't what'll what're what's what've
    when's where'd where's where've who'd who'd've who'll who's who've why'll
    why're why's won't would've wouldn't wouldn't've y'all y'all'd've y'all'll
    you'd you'd've you'll you're you've
"""
# Restores a missing apostrophe; the last entry is as in the official code.
_CONTRACTIONS = {
    word[: mark.start()] + word[mark.end() :]: word
    for word in _CONTRACTED.split()
    for mark in re.finditer("'", word)
} | {"somebody'd": "somebodyd"}


def normalized(answer):
    """Normalises an answer as the official evaluation of VQA does.

    Signs next to a space are dropped, as are all signs if the answer has a
    comma between digits; otherwise they become spaces. Full stops are kept
    only before digits; letters are lower-cased; "two" becomes 2;
    articles are dropped; "dont" becomes "don't".

    Args:
        answer: str.

    Returns:
        str.

    Reference:
        [Antol et al., 2015](https://arxiv.org/abs/1505.00468), and
        `vqaEval.py` of github.com/GT-Vision-Lab/VQA
    """
    text = _strip(answer)
    thousands = re.search(r"\d,\d", text)
    plain = text
    for sign in _SIGNS:
        at_space = f"{sign} " in text or f" {sign}" in text
        plain = plain.replace(sign, "" if at_space or thousands else " ")
    plain = re.sub(r"\.(?!\d)", "", plain)
    words = [_NUMBERS.get(word, word) for word in plain.lower().split()]
    words = [word for word in words if word not in _ARTICLES]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words)


def vqa_accuracy(prediction, answers):
    """Scores an answer by those of several people.

        accuracy = mean over the people of min(1, matches among the others / 3)

    With a single reference answer, the score is 1 if the two are equal, else
    0. White space around answers is ignored; answers are normalised unless
    all people gave the same one.

    Args:
        prediction: str. The answer to score.
        answers: List of the people's answers; VQA has 10 of them.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: If there are no answers.

    Reference:
        [Antol et al., 2015](https://arxiv.org/abs/1505.00468)
    """
    if not answers:
        raise ValueError("Expected at least one answer. Received: answers=[]")
    if len(answers) == 1:
        return float(normalized(prediction) == normalized(answers[0]))
    prediction, answers = _strip(prediction), list(map(_strip, answers))
    if len(set(answers)) > 1:
        prediction = normalized(prediction)
        answers = list(map(normalized, answers))
    matches = [answer == prediction for answer in answers]
    same = sum(matches)
    scores = [min(1.0, (same - match) / 3) for match in matches]
    return sum(scores) / len(scores)


def _strip(answer):
    return answer.replace("\n", " ").replace("\t", " ").strip()
