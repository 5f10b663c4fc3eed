mvn dependency:copy-dependencies -DoutputDirectory=/tmp/archive
mkdir -p /out/opt/apicurio
tar -xzf /tmp/archive/apicurio-registry-app-*-all.tar.gz -C /out/opt/apicurio
rm -rf /tmp/archive
