// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package io.confluent.connect.avro;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * The one liberty that the lab's Connect image takes.
 *
 * <p>Confluent's Avro converter is not in the repository that Maven uses by default. Apicurio's stands in under its name,
 * and understands its {@code schema.registry.url}, so that workers and connectors are configured in the lab as on a real
 * node. Schemas are registered as they come; no other setting of Confluent's is understood.
 */
public final class AvroConverter extends io.apicurio.registry.utils.converter.AvroConverter<Object> {
    private static final String URL = "schema.registry.url";

    @Override
    public void configure(Map<String, ?> given, boolean isKey) {
        Object url = given.get(URL);
        if (url == null || url.toString().isBlank()) {
            throw new ConnectException("Missing required configuration \"" + URL + "\" of the Avro converter.");
        }
        String first = url.toString().split(",")[0].trim().replaceAll("/+$", "");
        Map<String, Object> settings = new HashMap<>(given);
        settings.remove(URL);
        settings.put("apicurio.registry.url", first + "/apis/registry/v2");
        settings.putIfAbsent("apicurio.registry.auto-register", "true");
        settings.putIfAbsent("apicurio.registry.if-exists", "RETURN_OR_UPDATE");
        super.configure(settings, isKey);
    }
}
