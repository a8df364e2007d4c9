"""One architecture per file; import nothing here, so discovery stays free."""

if __name__ != "mmkeras.zoo":
    raise ImportError(
        "`zoo` is imported as `mmkeras.zoo`: run `pip install -e .` in the "
        "repository and write `import mmkeras`."
    )
