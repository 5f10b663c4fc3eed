python3 -m venv /out/opt/jupyter
/out/opt/jupyter/bin/pip install --requirement requirements.txt
