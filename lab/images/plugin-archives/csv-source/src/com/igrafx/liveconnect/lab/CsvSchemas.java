// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package com.igrafx.liveconnect.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.errors.DataException;

/**
 * Schemas as spooldir has them in its configuration, {@code {"name": …, "type": "STRUCT", "isOptional": false,
 * "fieldSchemas": {…}}}, and how it makes them from files where none are declared.
 */
final class CsvSchemas {
    /** So many files are looked at. */
    private static final int SAMPLE = 5;

    private static final ObjectMapper JSON = new ObjectMapper();

    private CsvSchemas() {}

    /** The structure that {@code text} describes, null when it is empty; {@code key} is named when it describes none. */
    static Schema read(String key, String text) {
        if (text.isEmpty()) {
            return null;
        }
        try {
            Schema schema = schema(JSON.readTree(text));
            if (schema.type() == Schema.Type.STRUCT) {
                return schema;
            }
        } catch (JsonProcessingException | IllegalArgumentException problem) {
            throw new DataException("Could not read schema from '" + key + "'", problem);
        }
        throw new DataException("Could not read schema from '" + key + "': it is no STRUCT");
    }

    /** Gives the configuration of the tasks the schemas of the files that are there, and refuses to start without any. */
    static Map<String, String> generate(CsvSourceConfig config, Map<String, String> given) throws IOException {
        Map<String, List<Path>> found = new LinkedHashMap<>();
        List<String> names = List.of();
        for (Path file : sample(config)) {
            names = header(config, file);
            found.computeIfAbsent(String.join(", ", names), header -> new ArrayList<>()).add(file);
        }
        if (found.isEmpty()) {
            throw new IllegalStateException("Could not find any input file(s) to infer schema from.");
        }
        if (found.size() > 1) {
            throw new DataException("More than one schema was found for the input pattern.\n" + found);
        }
        Map<String, String> complete = new LinkedHashMap<>(given);
        List<String> columns = names;
        complete.put("key.schema", text(config.keyName,
            config.keyFields.stream().filter(columns::contains).collect(Collectors.toList())));
        complete.put("value.schema", text(config.valueName, columns));
        return complete;
    }

    /** The value of a field, from its text in the file. */
    static Object parse(Schema schema, String text) {
        if (text == null) {
            return null;
        }
        switch (schema.type()) {
            case INT8:
                return Byte.valueOf(text);
            case INT16:
                return Short.valueOf(text);
            case INT32:
                return Integer.valueOf(text);
            case INT64:
                return Long.valueOf(text);
            case FLOAT32:
                return Float.valueOf(text);
            case FLOAT64:
                return Double.valueOf(text);
            case BOOLEAN:
                return Boolean.valueOf(text);
            case STRING:
                return text;
            default:
                throw new DataException("this stand-in reads no fields of type " + schema.type());
        }
    }

    private static List<Path> sample(CsvSourceConfig config) throws IOException {
        try (Stream<Path> files = Files.list(config.input)) {
            return files.filter(file -> config.pattern.matcher(file.getFileName().toString()).matches())
                .limit(SAMPLE).collect(Collectors.toList());
        }
    }

    private static List<String> header(CsvSourceConfig config, Path file) throws IOException {
        try (CsvReader reader = config.open(file)) {
            List<String> first = reader.row();
            return config.header || first == null ? names(first) : numbered(first.size());
        }
    }

    /** The names of a header, each of which is there, and once. */
    static List<String> names(List<String> header) throws IOException {
        if (header == null || header.isEmpty() || header.stream().anyMatch(name -> name == null || name.isBlank())
            || header.stream().distinct().count() < header.size()) {
            throw new IOException("the header has an empty or a repeated name: " + header);
        }
        return header;
    }

    private static List<String> numbered(int count) {
        List<String> result = new ArrayList<>();
        for (int column = 1; column <= count; column++) {
            result.add(String.format("column%02d", column));
        }
        return result;
    }

    private static String text(String name, List<String> fields) {
        ObjectNode struct = JSON.createObjectNode().put("name", name).put("type", "STRUCT").put("isOptional", false);
        ObjectNode schemas = struct.putObject("fieldSchemas");
        for (String field : fields) {
            schemas.putObject(field).put("type", "STRING").put("isOptional", true);
        }
        return struct.toString();
    }

    private static Schema schema(JsonNode node) {
        SchemaBuilder builder = new SchemaBuilder(Schema.Type.valueOf(node.path("type").asText()));
        if (node.hasNonNull("name")) {
            builder.name(node.get("name").asText());
        }
        if (node.path("isOptional").asBoolean()) {
            builder.optional();
        }
        node.path("fieldSchemas").fields().forEachRemaining(
            field -> builder.field(field.getKey(), schema(field.getValue())));
        return builder.build();
    }

    /** The names of a structure's fields, in their order. */
    static List<String> fields(Schema schema) {
        return schema.fields().stream().map(Field::name).collect(Collectors.toList());
    }
}
