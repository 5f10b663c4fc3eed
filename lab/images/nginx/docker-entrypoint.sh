#!/bin/sh
# Fills the templates of /etc/nginx/templates into /etc/nginx/conf.d with the variables of the environment, then starts.
set -eu

# Only names that are defined are replaced: $host and its like are nginx's own. NGINX_ENVSUBST_FILTER narrows them.
defined_names() {
    env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -E "${NGINX_ENVSUBST_FILTER:-}" | sed 's/.*/${&}/' | tr '\n' ' '
}

fill_templates() {
    templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
    suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
    output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
    [ -d "$templates" ] || return 0
    names=$(defined_names)
    find "$templates" -follow -type f -name "*$suffix" | while read -r template; do
        filled=$output/${template#"$templates"/}
        filled=${filled%"$suffix"}
        mkdir -p "$(dirname "$filled")"
        envsubst "$names" < "$template" > "$filled"
    done
}

case ${1:-} in
    nginx | nginx-debug) fill_templates ;;
esac
exec "$@"
