"""Checks what `swift run quickstart --json` printed against what the README promises."""
import json
import sys

with open(sys.argv[1]) as file:
    result = json.load(file)
baseline, mesh = result["baseline"], result["mesh"]
keys = {"requests", "success_rate", "p50_ms", "p99_ms", "p999_ms"}
assert keys <= baseline.keys() and keys <= mesh.keys(), result
assert len(result["endpoints"]) == 5, result["endpoints"]
print("baseline", baseline)
print("mesh    ", mesh)
assert mesh["requests"] > 1000, "too few requests"
assert mesh["success_rate"] >= 0.999, "the mesh lost calls"
assert baseline["success_rate"] < 0.98, "the faults did not hurt the baseline"
assert baseline["p99_ms"] >= 5 * mesh["p99_ms"], "the mesh's p99 is not five times lower"
