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
# What lacks one apostrophe gets it back; the last is as in the official code.
_CONTRACTIONS = {
    word[: mark.start()] + word[mark.end() :]: word
    for word in _CONTRACTED.split()
    for mark in re.finditer("'", word)
} | {"somebody'd": "somebodyd"}


def normalized(answer):
    """Normalises an answer as the official evaluation of VQA does.

    Signs are dropped where a space is beside one, or where a comma stands
    between digits, else they become spaces; full stops stay before digits
    alone; letters are small; "two" becomes 2; articles are dropped; "dont"
    becomes "don't".

    Args:
        answer: str.

    Returns:
        str.

    Reference:
        [Antol et al., 2015](https://arxiv.org/abs/1505.00468), and
        `vqaEval.py` of github.com/GT-Vision-Lab/VQA
    """
    text = _stripped(answer)
    thousands = re.search(r"\d,\d", text)
    found = text
    for sign in _SIGNS:
        beside = f"{sign} " in text or f" {sign}" in text
        found = found.replace(sign, "" if beside or thousands else " ")
    found = re.sub(r"\.(?!\d)", "", found)
    words = [_NUMBERS.get(word, word) for word in found.lower().split()]
    words = [word for word in words if word not in _ARTICLES]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words)


def vqa_accuracy(said, answers):
    """Scores an answer by those of several people.

        accuracy = mean over the people of min(1, matches among the others / 3)

    Of one person's answer alone, whether it is the same. White space around
    answers does not count; they are normalised unless all people gave the
    same one.

    Args:
        said: str. The answer to score.
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
        return float(normalized(said) == normalized(answers[0]))
    said, answers = _stripped(said), list(map(_stripped, answers))
    if len(set(answers)) > 1:
        said, answers = normalized(said), list(map(normalized, answers))
    matches = [answer == said for answer in answers]
    same = sum(matches)
    scores = [min(1.0, (same - match) / 3) for match in matches]
    return sum(scores) / len(scores)


def _stripped(answer):
    return answer.replace("\n", " ").replace("\t", " ").strip()
