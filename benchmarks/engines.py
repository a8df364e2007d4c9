"""Other programs that generate text, with models of equal size.

Their weights are random, and no sentence ends early: the bias of the end
forbids it. `transformers` and `ctranslate2` are needed, which mmkeras is not
installed with.
"""

import tempfile

import numpy as np

PAD, START, END = 1, 0, 2  # Of MBart.


def mbart(vocabulary, dim, feed_dim, depths, heads, positions=128):
    """Builds a pre-norm Transformer of Hugging Face in torch.

    Args:
        vocabulary: int. Number of token ids.
        dim: int. Width.
        feed_dim: int. Width of the feed-forward layers.
        depths: Pair of the numbers of blocks of encoder and decoder.
        heads: int. Attention heads.
        positions: int. Longest sequence.

    Returns:
        An `MBartForConditionalGeneration`.
    """
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.MBartConfig(
        vocab_size=vocabulary,
        d_model=dim,
        max_position_embeddings=positions,
        encoder_layers=depths[0],
        decoder_layers=depths[1],
        encoder_ffn_dim=feed_dim,
        decoder_ffn_dim=feed_dim,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        init_std=0.2,
        forced_eos_token_id=None,
        decoder_start_token_id=START,
    )
    model = transformers.MBartForConditionalGeneration(config).eval()
    model.final_logits_bias[:, [PAD, START, END]] = -1e4
    return model


def hugging_face(model, beam, length, tokens=None, context=None, batch=64):
    """Returns a function that generates with `model.generate`.

    Args:
        model: As of `mbart`.
        beam: int. Number of hypotheses.
        length: int. Number of tokens.
        tokens: Source ids, 0 for padding, of shape `(n, source length)`; or
        context: Outputs of an encoder, `(n, regions, dim)`.
        batch: int. Examples at a time.
    """
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    inputs = tokens if context is None else context
    options = {
        "num_beams": beam,
        "max_new_tokens": length,
        "min_new_tokens": length,
        "do_sample": False,
        "early_stopping": False,
    }

    def part(i):
        x = torch.from_numpy(inputs[i : i + batch])
        if context is not None:
            return {"encoder_outputs": BaseModelOutput(x)}
        mask = x != 0
        return {
            "input_ids": torch.where(mask, x.long(), PAD),
            "attention_mask": mask.long(),
        }

    @torch.inference_mode()
    def generate():
        rows = [
            model.generate(**part(i), **options).numpy()[:, 1:]
            for i in range(0, len(inputs), batch)
        ]
        return np.concatenate(rows)

    return generate


def ctranslate2(model, beam, length, tokens, batch=64, threads=2):
    """Returns a function that generates with CTranslate2 in float32.

    Args:
        model: As of `mbart`, whose weights it takes.
        beam: int. Number of hypotheses.
        length: int. Number of tokens.
        tokens: Source ids, 0 for padding, of shape `(n, source length)`.
        batch: int. Examples at a time, sorted by length.
        threads: int.
    """
    import ctranslate2 as engine
    from ctranslate2.converters import transformers as converters

    names = [f"t{i}" for i in range(model.config.vocab_size)]
    for i, name in ((START, "<s>"), (PAD, "<pad>"), (END, "</s>")):
        names[i] = name
    # Attributes that the converter reads, from earlier versions.
    model.config.normalize_before = True
    model.config.normalize_embedding = True
    spec = converters.MBartLoader().get_model_spec(model)
    spec.register_source_vocabulary(names)
    spec.register_target_vocabulary(names)
    spec.config.bos_token = spec.config.decoder_start_token = "<s>"
    spec.config.eos_token, spec.config.unk_token = "</s>", "<pad>"
    spec.config.add_source_bos = spec.config.add_source_eos = False
    spec.validate()
    spec.optimize()
    with tempfile.TemporaryDirectory() as folder:
        spec.save(folder)
        translator = engine.Translator(
            folder, compute_type="float32", intra_threads=threads
        )
    sources = [[names[i] for i in row if i] for row in tokens]

    def generate():
        results = translator.translate_batch(
            sources,
            beam_size=beam,
            max_batch_size=batch,
            max_decoding_length=length,
            min_decoding_length=length,
            length_penalty=0,
        )
        return [result.hypotheses[0] for result in results]

    return generate
