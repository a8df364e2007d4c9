"""Figures that others have published, by data set, beside our own."""

_TRANSCRIPTS = (
    "`mmkeras evaluate spoken-ita-0 --split test --transcriber "
    "whisper:whisper_tiny_en`, mean of three seeds"
)
PUBLISHED = {
    "avdigits-small": [
        {
            "model": f"{name}, one model, {given}",
            "accuracy": accuracy,
            "source": "a table of SimMLM's paper, quoted second hand",
            "like_for_like": "1,500 pairs of MNIST and FSDD as well; split at "
            "random, so that takes of a recording's speaker are on both "
            "sides; branches like LeNet-5",
        }
        for name, figures in (
            ("ShaSpec", (0.9190, 0.8928, 0.9871)),
            ("MoMKE", (0.9261, 0.9116, 0.9869)),
            ("SimMLM", (0.9269, 0.9161, 0.9927)),
        )
        for given, accuracy in zip(("image", "audio", "both"), figures)
    ],
    "digits-discussed": [
        {
            "model": f"the best that can be without the {missing}",
            "accuracy": accuracy,
            "source": "`mmkeras.data.synthetic.digits_discussed.ceilings`",
            "like_for_like": "in expectation; this sample may be kinder",
        }
        for missing, accuracy in (("history", 0.540), ("picture", 0.223))
    ],
    "easy-vqa": [
        {
            "model": f"easy-VQA-keras, after {epochs}",
            "accuracy": accuracy,
            "source": "README of vzhou842/easy-VQA-keras",
            "like_for_like": "same test questions, on which its epochs were "
            "watched",
        }
        for epochs, accuracy in (("1 epoch", 0.6838), ("8 epochs", 0.9378))
    ]
    + [
        {
            "model": "easy-VQA-keras, larger model",
            "accuracy": 0.995,
            "source": "README of vzhou842/easy-VQA-keras",
            "like_for_like": "trained on twice as many pictures",
        },
        {
            "model": "the commonest answer to each question",
            "accuracy": 0.670,
            "source": "counted in the training questions",
            "like_for_like": "same test questions; no picture",
        },
    ],
    "feelings": [
        {
            "model": "the best that can be: all three",
            "accuracy": 0.902,
            "worth_text": 0.217,
            "worth_image": 0.117,
            "worth_audio": 0.067,
            "source": "`mmkeras.data.synthetic.feelings.accuracy` and "
            "`mmkeras.evaluation.shapley` of it",
            "like_for_like": "in expectation; this sample may be kinder",
        },
    ],
    "flickr8k": [
        {
            "model": "Show and Tell in neon (VGG features, greedy)",
            "bleu_1": 0.542,
            "bleu_4": 0.123,
            "source": "gist jcoreyes/7e76e90664f935c6f65d",
            "like_for_like": "same test images; other image network",
        },
        {
            "model": "Karpathy and Fei-Fei, 2015",
            "bleu_1": 0.579,
            "bleu_4": 0.160,
            "source": "quoted from memory",
            "like_for_like": "same test images; VGG features",
        },
        {
            "model": "Show, Attend and Tell, hard attention",
            "bleu_1": 0.67,
            "bleu_4": 0.213,
            "source": "quoted from memory",
            "like_for_like": "same test images; larger image network (VGG) "
            "on larger pictures; BLEU without the brevity penalty",
        },
        *(
            {
                "model": name,
                **{
                    f"{way}_recall_{k}": figure
                    for way, values in (
                        ("text_to_image", text_to_image),
                        ("image_to_text", image_to_text),
                    )
                    for k, figure in zip((1, 5, 10), values)
                },
                "source": source,
                "like_for_like": f"same test images and captions; {how}",
            }
            for name, text_to_image, image_to_text, source, how in (
                (
                    "VSE",
                    (0.149, 0.383, 0.516),
                    (0.223, 0.487, 0.598),
                    "README of ryankiros/visual-semantic-embedding",
                    "VGG-19 features of larger pictures",
                ),
                (
                    "CCA, mean of word vectors, Klein et al., 2015",
                    (0.191, 0.453, 0.604),
                    (0.226, 0.488, 0.612),
                    "the paper",
                    "VGG-19 features of larger pictures",
                ),
                (
                    "CCA, Fisher vectors (HGLMM), Klein et al., 2015",
                    (0.213, 0.500, 0.648),
                    (0.310, 0.593, 0.737),
                    "quoted from memory",
                    "VGG-19 features of larger pictures",
                ),
                (
                    "CLIP, ViT-B/32, without training",
                    (0.511, 0.779, 0.864),
                    (0.682, 0.884, 0.946),
                    "figures of others, quoted second hand",
                    "pretrained on 400 million pairs",
                ),
            )
        ),
    ],
    "flickr8k-spoken-all": [
        {
            "model": "the same runs, by transcripts of Whisper tiny.en",
            "audio_to_image_recall_10": 0.920,
            "source": _TRANSCRIPTS,
            "like_for_like": "same recordings and images; the transcript is "
            "the text that is embedded",
        }
    ],
    "meld": [
        {
            "model": f"{name} of MELD, text alone",
            "f1_weighted": f1,
            "source": "the paper of MELD, quoted from memory",
            "like_for_like": "same split; word vectors of GloVe, learned on "
            "840 billion words, and context from both sides",
        }
        for name, f1 in (("bc-LSTM", 0.564), ("DialogueRNN", 0.570))
    ],
    "meld-sentiment": [
        {
            "model": f"{name} of MELD",
            "f1_weighted": f1,
            "source": "table 3 of https://doi.org/10.1155/2022/6243347, which "
            "quotes the paper of MELD",
            "like_for_like": f"same split; {how}; word vectors of GloVe, "
            "learned on 840 billion words",
        }
        for name, f1, how in (
            ("text-CNN", 0.6425, "each utterance alone"),
            ("bc-LSTM", 0.6668, "hears the voice too, context on both sides"),
        )
    ],
    "mosi": [
        {
            "model": "bc-LSTM, Poria et al., 2017, all three",
            "accuracy": 0.803,
            "source": "quoted from memory",
            "like_for_like": "same utterances; their features went through "
            "an SVM, and the modalities were trained first",
        },
        {
            "model": "bc-LSTM, text alone",
            "accuracy": 0.781,
            "source": "quoted from memory",
            "like_for_like": "same utterances",
        },
        {
            "model": "bc-LSTM, users of the authors' code",
            "accuracy": 0.77,
            "source": "issues of declare-lab/multimodal-deep-learning",
            "like_for_like": "same features and split; the best reported",
        },
    ],
    "multi30k": [
        {
            "model": f"{name}, Wu et al., 2021",
            "bleu_tokenized": bleu,
            "source": "https://arxiv.org/abs/2105.14462",
            "like_for_like": f"English to German, 2016 test; {inputs}; up to "
            "8,000 steps of about 8,000 tokens, the last ten checkpoints "
            "averaged",
        }
        for name, bleu, inputs in (
            ("Transformer-tiny", 0.4102, "text alone"),
            ("gated fusion", 0.4196, "with the images of all rows"),
        )
    ],
    "onecommon": [
        {
            "model": f"{name}, Udagawa and Aizawa, 2019",
            "accuracy": accuracy,
            "source": "aaai2019/README.md of github.com/Alab-NII/onecommon",
            "like_for_like": "same test dialogues, one view of each; the "
            "last state of the GRU instead of attention",
        }
        for name, accuracy in (
            ("Scene alone, MLP", 0.3156),
            ("Scene alone, relations", 0.3244),
            ("Both, MLP", 0.3807),
            ("Both, relations", 0.4015),
        )
    ],
}
