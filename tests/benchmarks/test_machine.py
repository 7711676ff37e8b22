"""Where a measurement was made."""

import platform

import pytest

from benchmarks import machine
from benchmarks.processes import output


def test_the_facts_name_the_processor_its_instructions_the_blas_and_versions(monkeypatch):
    for name in machine.CHOOSING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    facts = machine.facts()

    assert "cores" in facts["machine"]
    assert set(facts["features"]) <= set(machine.FEATURES)
    assert facts["blas"]["NumPy"]
    assert facts["environment"] == {"OPENBLAS_CORETYPE": "Haswell"}
    assert {"python", "numpy"} <= set(facts["versions"])
    assert "set: OPENBLAS_CORETYPE=Haswell" in machine.lines(facts)


@pytest.mark.jit  # the group brings threadpoolctl
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="a kernel of x86")
def test_the_kernel_is_the_one_that_the_environment_chooses():
    words = output("from benchmarks.machine import blas; print(blas()['NumPy'])", OPENBLAS_CORETYPE="Haswell")

    assert words[0] == "openblas" and words[-1] == "Haswell"
