-- The incidents as iGrafx's sink reads them: each event is an array of its fields, numbered in the order of the sink's columns.
CREATE STREAM IF NOT EXISTS INCIDENTS_FOR_IGRAFX
  WITH (KAFKA_TOPIC = 'incidents_for_igrafx', VALUE_FORMAT = 'AVRO', PARTITIONS = 1) AS
  SELECT ARRAY[
    STRUCT(COLUMNID := 0, TEXT := INCIDENT, QUOTE := true),
    STRUCT(COLUMNID := 1, TEXT := ACTIVITY, QUOTE := true),
    STRUCT(COLUMNID := 2, TEXT := `DATE`, QUOTE := false),
    STRUCT(COLUMNID := 3, TEXT := ASSIGNEE, QUOTE := true),
    STRUCT(COLUMNID := 4, TEXT := `COMMENT`, QUOTE := true)
  ] AS DATAARRAY
  FROM INCIDENTS EMIT CHANGES;
