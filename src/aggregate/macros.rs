//! Macros that define the events and commands of a domain in one place: name, variant and fields.

/// Defines the events of a domain: an enum, and its [`DomainEvent`](crate::aggregate::DomainEvent).
///
/// Each variant has the type that it is recorded with. Fields may have attributes of serde. The calling crate depends on `serde`
/// with its derive macros.
///
/// ```
/// use esctl::aggregate::DomainEvent;
///
/// esctl::events! {
///     pub enum OrderEvent {
///         "order.placed" => Placed { total: u64 },
///         "order.cancelled" => Cancelled { #[serde(default)] reason: Option<String> },
///     }
/// }
/// let placed = OrderEvent::from_data("order.placed", r#"{"total":12}"#);
/// assert_eq!(placed.unwrap().unwrap(), OrderEvent::Placed { total: 12 });
/// assert_eq!(OrderEvent::Cancelled { reason: None }.event_type(), "order.cancelled");
/// ```
#[macro_export]
macro_rules! events {
    (
        $(#[$meta:meta])* $visibility:vis enum $name:ident {
            $($(#[$about:meta])* $event_type:literal => $event:ident {
                $($(#[$attribute:meta])* $field:ident: $kind:ty),* $(,)?
            }),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize)]
        #[serde(untagged)]
        $visibility enum $name {
            $($(#[$about])* #[doc = concat!("`", $event_type, "`")] $event {
                $($(#[$attribute])* $field: $kind),*
            }),+
        }

        impl $crate::aggregate::DomainEvent for $name {
            fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$event { .. } => $event_type),+
                }
            }

            fn from_data(event_type: &str, data: &str) -> Option<Result<Self, $crate::aggregate::JsonError>> {
                Some(match event_type {
                    $($event_type => {
                        #[derive(::serde::Deserialize)]
                        struct $event {
                            $($(#[$attribute])* $field: $kind),*
                        }
                        $crate::aggregate::read_data(data).map(|$event { $($field),* }| Self::$event { $($field),* })
                    })+
                    _ => return None,
                })
            }
        }
    };
}

/// Defines the commands of a domain: an enum, and its [`DomainCommand`](crate::aggregate::DomainCommand).
///
/// Each variant has its name on the command bus, `category.verb`. A payload with an unknown field is refused. `id` is not a
/// field, as it is part of the stream's name. The calling crate depends on `serde` with its derive macros.
///
/// ```
/// use esctl::aggregate::DomainCommand;
///
/// esctl::commands! {
///     pub enum OrderCommand {
///         "order.place" => Place { total: u64 },
///         "order.cancel" => Cancel {},
///     }
/// }
/// assert_eq!(OrderCommand::NAMES, ["order.place", "order.cancel"]);
/// let place = OrderCommand::from_payload("order.place", &serde_json::json!({"total": 12}));
/// assert_eq!(place.unwrap().unwrap(), OrderCommand::Place { total: 12 });
/// ```
#[macro_export]
macro_rules! commands {
    (
        $(#[$meta:meta])* $visibility:vis enum $name:ident {
            $($(#[$about:meta])* $command_name:literal => $command:ident {
                $($(#[$attribute:meta])* $field:ident: $kind:ty),* $(,)?
            }),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize)]
        $visibility enum $name {
            $($(#[$about])* #[doc = concat!("`", $command_name, "`")] #[serde(rename = $command_name)] $command {
                $($(#[$attribute])* $field: $kind),*
            }),+
        }

        impl $crate::aggregate::DomainCommand for $name {
            const NAMES: &'static [&'static str] = &[$($command_name),+];

            fn from_payload(
                name: &str,
                payload: &$crate::aggregate::JsonValue,
            ) -> Option<Result<Self, $crate::aggregate::JsonError>> {
                Some(match name {
                    $($command_name => {
                        #[derive(::serde::Deserialize)]
                        #[serde(deny_unknown_fields)]
                        struct $command {
                            $($(#[$attribute])* $field: $kind),*
                        }
                        $crate::aggregate::read_payload(payload).map(|$command { $($field),* }| Self::$command { $($field),* })
                    })+
                    _ => return None,
                })
            }
        }
    };
}
