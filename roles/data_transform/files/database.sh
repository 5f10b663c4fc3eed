# Runs in the container of the database, with 'change' or 'compare' as its argument and the declared password on standard input.
# Prints 'changed' when the database had (or, with 'compare', has) another one. PostgreSQL takes the password in the
# container's file only while its data directory is still empty; later it must be told. Prints 'half-made' when the scripts of the
# first start did not all run: PostgreSQL does not run them again once its data directory is not empty.
set -eu
IFS= read -r password || true

# A server that just started may still be recovering. One that stays so is not this script's to repair.
attempts=30
until pg_isready --quiet; do
    attempts=$((attempts - 1))
    if [ "$attempts" -eq 0 ]; then
        echo 'not ready'
        exit
    fi
    sleep 1
done

# The first script makes this schema, the last one drops it. A database that was made without these has none either.
if [ "$(psql --no-psqlrc --quiet --tuples-only --no-align --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --command="SELECT count(*) FROM pg_namespace WHERE nspname = 'unfinished_initialisation'")" = 1 ]; then
    echo half-made
    exit 1
fi
if [ -z "$password" ]; then
    exit
fi

# Inside the container the loopback is trusted, so the password is tried by the container's own name.
if PGPASSWORD=$password psql --no-password --no-psqlrc --host="$(hostname)" --username="$POSTGRES_USER" \
    --dbname="$POSTGRES_DB" --command='SELECT 1' >/dev/null 2>&1; then
    echo unchanged
    exit
fi
if [ "$1" = change ]; then
    LIVECONNECT_PASSWORD=$password psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse \
        --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv password LIVECONNECT_PASSWORD
ALTER ROLE CURRENT_USER PASSWORD :'password';
SQL
fi
echo changed
