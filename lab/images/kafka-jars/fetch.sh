# Everything in one directory, as Kafka's own distribution has it; the file connectors apart, as a Connect plugin.
mvn dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/out/usr/share/java/kafka
mkdir -p /out/usr/share/filestream-connectors
mv /out/usr/share/java/kafka/connect-file-*.jar /out/usr/share/filestream-connectors/
