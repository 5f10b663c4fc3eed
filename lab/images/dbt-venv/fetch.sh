python3 -m venv /out/opt/dbt
/out/opt/dbt/bin/pip install --requirement requirements.txt
