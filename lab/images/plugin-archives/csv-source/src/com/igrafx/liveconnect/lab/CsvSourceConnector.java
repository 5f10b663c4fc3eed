// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package com.igrafx.liveconnect.lab;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;

/** Reads CSV files that are dropped into a directory; a stand-in with spooldir's configuration keys. */
public final class CsvSourceConnector extends SourceConnector {
    static final String VERSION = "0.2.0";

    private Map<String, String> properties = Map.of();

    @Override
    public void start(Map<String, String> given) {
        CsvSourceConfig config = new CsvSourceConfig(given);
        try {
            boolean declared = config.keySchema != null && config.valueSchema != null;
            properties = Map.copyOf(declared ? given : CsvSchemas.generate(config, given));
        } catch (IOException problem) {
            throw new ConnectException("Exception thrown while generating schema", problem);
        }
    }

    @Override
    public Class<? extends Task> taskClass() {
        return CsvSourceTask.class;
    }

    /** One task, however many are allowed: files are read one after the other, in the order of their names. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.singletonList(properties);
    }

    @Override
    public void stop() {}

    @Override
    public ConfigDef config() {
        return CsvSourceConfig.DEFINITION;
    }

    @Override
    public String version() {
        return VERSION;
    }
}
