# A virtual environment knows its own path: it is made where it will be used. pip and source maps stay behind.
python3 -m venv /opt/jupyter
/opt/jupyter/bin/pip install --requirement requirements.txt
/opt/jupyter/bin/pip uninstall --yes pip
find /opt/jupyter -name '*.map' -delete
mkdir -p /out/opt
mv /opt/jupyter /out/opt/
