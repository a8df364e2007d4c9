import tiny_presets

from mmkeras.branches import presets

NAME = "bert_tiny_en_uncased"  # Of KerasHub, which would download it.


def test_folder_takes_precedence_over_a_name_of_keras_hub(
    tmp_path, monkeypatch
):
    tiny_presets.bert(tmp_path / NAME)
    monkeypatch.chdir(tmp_path)
    assert presets.load_backbone(NAME).hidden_dim == 8
    words = presets.load_tokenizer(NAME).get_vocabulary()
    assert set(tiny_presets.WORDS) <= set(words)
