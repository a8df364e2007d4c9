import pytest
from corpora import relaxed
from hypothesis import given
from hypothesis import strategies as st

from mmkeras.metrics import tokenize


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A man's dog isn't clean.", "a man 's dog is n't clean"),
        ("They're sure I'd say we've won", "they 're sure i 'd say we 've won"),
        ("I'm she'll can't won't", "i 'm she 'll ca n't wo n't"),
        ("shouldn't've", "should n't 've"),
        ("the two dogs' ball", "the two dogs ball"),
        ("A man \u2019s dog isn\u2019t", "a man 's dog is n't"),
        ("You cannot; I'm gonna, gotta!", "you can not i 'm gon na got ta"),
        ("'Tis 'twas", "'t is 't was"),
        ("rock 'n' roll, get 'em o'clock", "rock 'n' roll get 'em o'clock"),
        ("already n't split 's", "already n't split 's"),
        ("a black-and-white T-shirt", "a black-and-white t-shirt"),
        ("a man/woman", "a man/woman"),
        ("1,000 of 3.5 at 12:30pm, 1/2", "1,000 of 3.5 at 12:30 pm 1/2"),
        ("3rd 4x4 2-inch 3.5-inch", "3rd 4x4 2-inch 3.5-inch"),
        ("in the U.S. by Mr. Smith.", "in the u.s. by mr. smith"),
        ("at 5 p.m. etc.", "at 5 p.m. etc."),
        ("a dog ( brown ) [x] {y}", "a dog -lrb- brown -rrb- -lsb- x -rsb- "
         "-lcb- y -rcb-"),
        ("\u201cgo\u201d `now' ``so'' \"it\"", "go now so it"),
        ("wait... what?! - yes -- no: \u2014 \u2026", "wait what yes no"),
        ("# 5 & $3 50% a*b", "# 5 & $ 3 50 % a * b"),
        ("see #dogs by @me at www.dogs.com/a.", "see #dogs by @me at "
         "www.dogs.com/a"),
        ("mail a.b@c.org now", "mail a.b@c.org now"),
        ("a grey colour in the harbour", "a gray color in the harbor"),
        ("four hours pour", "four hours pour"),
        ("CAFÉ Straße", "café straße"),
        ("cafe\u0301", "caf\u00e9"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("两只狗 在跑。", "两只狗 在跑 。"),
        ("a\u200b dog\tin\nsnow \u00a0 now", "a dog in snow now"),
        ("", ""),
        (" .,! ", ""),
    ],
)  # fmt: skip
def test_sentences(sentence, expected):
    assert tokenize(sentence) == expected.split(" " if expected else None)


awkward = st.text(
    st.sampled_from("abnst'.-!?,/:@#&()\u2019\u0301\u00a0 0159İ_é犬\"`\u200d"),
    max_size=30,
)
phrases = st.lists(
    st.sampled_from(
        ["n't", "'s", "cannot", "u.s.", "mr.", "a", " ", "'", ".", "3.5", "-",
         "'tis", "www.", "http://", "x@y.z", "(", "grey", "colour", "'n'"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@relaxed
@given(st.one_of(st.text(), awkward, phrases))
def test_tokens_are_final(sentence):
    tokens = tokenize(sentence)
    assert all(token and token.split() == [token] for token in tokens)
    assert tokenize(" ".join(tokens)) == tokens


@pytest.mark.parametrize("value", [None, b"a dog", ["a", "dog"], 3])
def test_refuses_what_is_no_string(value):
    with pytest.raises(ValueError, match="must be a string"):
        tokenize(value)
