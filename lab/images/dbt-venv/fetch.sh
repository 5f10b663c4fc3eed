# A virtual environment knows its own path: it is made where it will be used. pip and source maps stay behind.
python3 -m venv /opt/dbt
/opt/dbt/bin/pip install --requirement requirements.txt
/opt/dbt/bin/pip uninstall --yes pip
find /opt/dbt -name '*.map' -delete
mkdir -p /out/opt
mv /opt/dbt /out/opt/
