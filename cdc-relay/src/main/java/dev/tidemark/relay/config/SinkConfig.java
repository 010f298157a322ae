package dev.tidemark.relay.config;

/** Where the events of a subscriber go; one kind for each destination. */
public sealed interface SinkConfig
        permits HttpSinkConfig,
                KafkaSinkConfig,
                RabbitSinkConfig,
                RedisSinkConfig,
                NatsSinkConfig,
                PostgresSinkConfig,
                SqsSinkConfig,
                SnsSinkConfig,
                CustomSinkConfig {}
