"""The examples against proto/market.xsd: valid ones validate, those under invalid/ do not, and those under
invalid/semantic/ do (what is wrong with them only the codec sees: payload_examples_test)."""
import pathlib
import subprocess
import sys

proto = pathlib.Path(sys.argv[1])
failures = []
count = 0
for folder, expected in (("valid", True), ("invalid", False), ("invalid/semantic", True)):
    for example in sorted((proto / "examples" / folder).glob("*.xml")):
        run = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", proto / "market.xsd", example],
                             capture_output=True, text=True)
        count += 1
        if run.returncode not in (0, 3):  # 3: does not validate
            failures.append(f"{example}: xmllint says {run.stderr.strip()}")
        elif (run.returncode == 0) != expected:
            failures.append(f"{example}: {'does not validate: ' + run.stderr.strip() if expected else 'validates'}")
if count < 50:
    failures.append(f"only {count} examples found under {proto}")
print("\n".join(failures) or f"{count} examples are as the schema says")
sys.exit(1 if failures else 0)
