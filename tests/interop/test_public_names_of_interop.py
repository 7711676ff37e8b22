import pytest

import tinygrad_gru as tg


@pytest.mark.parametrize("name", tg.interop.__all__)
def test_a_name_of_interop_is_there_and_explained(name: str):
    assert (getattr(tg.interop, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'from_caffe'"):
        _ = tg.interop.from_caffe
