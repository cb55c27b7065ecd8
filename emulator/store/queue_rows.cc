#include "emulator/store/queue_rows.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "models/base/encoding.h"

namespace lambdarium::store {
namespace {

using Json = nlohmann::json;
using queues::Change;

// In the SQLite header: "LAMQ".
constexpr std::int64_t kApplicationId = 0x4c414d51;
constexpr std::int64_t kVersion = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE queues (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL
) STRICT;
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL,
  id TEXT NOT NULL,
  sender TEXT NOT NULL,
  trace_header TEXT NOT NULL,
  group_id TEXT NOT NULL,
  sent_ns INTEGER NOT NULL,
  visible_ns INTEGER NOT NULL,
  first_received_ns INTEGER NOT NULL,
  receive_count INTEGER NOT NULL,
  receive_count_here INTEGER NOT NULL,
  dead_letter_source TEXT NOT NULL,
  attributes TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX messages_of_queue ON messages (queue);
CREATE TABLE mappings (
  uuid TEXT PRIMARY KEY,
  document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

std::int64_t stored_id(std::uint64_t id) {
  return static_cast<std::int64_t>(id);
}

std::string texts(const std::map<std::string, std::string>& map) {
  return Json(map).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, std::string> read_texts(std::string_view text) {
  std::map<std::string, std::string> map;
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return map;
  for (const auto& [key, value] : document.items()) {
    if (value.is_string()) map[key] = value.get<std::string>();
  }
  return map;
}

// Values may be any bytes.
std::string attribute_texts(const queues::MessageAttributes& attributes) {
  Json document = Json::object();
  for (const auto& [name, attribute] : attributes) {
    document[name] = {attribute.type, base64_encode(attribute.value)};
  }
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

queues::MessageAttributes read_attributes(std::string_view text) {
  queues::MessageAttributes attributes;
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return attributes;
  for (const auto& [name, value] : document.items()) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_string()) {
      continue;
    }
    attributes[name] = {value[0].get<std::string>(),
                        base64_decode(value[1].get_ref<const std::string&>()).value_or("")};
  }
  return attributes;
}

}  // namespace

Result<std::unique_ptr<QueueRows>> QueueRows::open(Database& database) {
  LAM_TRY_STATUS(adopt_schema(database, kSchema, {kApplicationId, kVersion}));
  // With FULL, a commit is on the disk before it is reported.
  LAM_TRY_STATUS(database.execute("PRAGMA journal_mode=WAL"));
  LAM_TRY_STATUS(database.execute("PRAGMA synchronous=FULL"));
  LAM_TRY_STATUS(database.execute("PRAGMA journal_size_limit=67108864"));
  LAM_TRY_STATUS(database.execute("PRAGMA incremental_vacuum"));
  std::unique_ptr<QueueRows> rows{new QueueRows};
  LAM_TRY_STATUS(rows->prepare(database));
  return rows;
}

Status QueueRows::prepare(Database& database) {
  database_ = &database;
  LAM_TRY(put_queue_, database.prepare("INSERT OR REPLACE INTO queues (id, name, created_ns, "
                                       "modified_ns, attributes, tags) VALUES (?, ?, ?, ?, ?, ?)"));
  LAM_TRY(remove_queue_, database.prepare("DELETE FROM queues WHERE id = ?"));
  LAM_TRY(purge_queue_, database.prepare("DELETE FROM messages WHERE queue = ? AND key <= ?"));
  LAM_TRY(put_message_,
          database.prepare("INSERT OR REPLACE INTO messages (key, queue, id, sender, trace_header, "
                           "group_id, sent_ns, visible_ns, first_received_ns, receive_count, "
                           "receive_count_here, dead_letter_source, attributes, body) VALUES (?, "
                           "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  LAM_TRY(state_message_,
          database.prepare("UPDATE messages SET queue = ?, visible_ns = ?, first_received_ns = ?, "
                           "receive_count = ?, receive_count_here = ?, dead_letter_source = ? "
                           "WHERE key = ?"));
  LAM_TRY(remove_message_, database.prepare("DELETE FROM messages WHERE key = ?"));
  LAM_TRY(put_mapping_,
          database.prepare("INSERT OR REPLACE INTO mappings (uuid, document) VALUES (?, ?)"));
  LAM_TRY(remove_mapping_, database.prepare("DELETE FROM mappings WHERE uuid = ?"));
  return {};
}

// --- reading

Result<StoredQueues> QueueRows::load() {
  StoredQueues stored;
  LAM_TRY_STATUS(load_queues(stored));
  LAM_TRY_STATUS(load_messages(stored));
  LAM_TRY(Statement row, database_->prepare("SELECT uuid, document FROM mappings ORDER BY uuid"));
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) return stored;
    stored.mappings.push_back({row.text(0), row.text(1)});
  }
}

Status QueueRows::load_queues(StoredQueues& stored) {
  LAM_TRY(Statement row, database_->prepare("SELECT id, name, created_ns, modified_ns, attributes, "
                                            "tags FROM queues ORDER BY id"));
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) return {};
    queues::QueueRecord record;
    record.id = static_cast<queues::QueueId>(row.integer(0));
    record.name = row.text(1);
    record.created = at(Duration{row.integer(2)});
    record.modified = at(Duration{row.integer(3)});
    if (const auto error = queues::change(record.settings, read_texts(row.text(4)))) {
      return invalid_input(fmt::format("{}: the queue '{}' has settings that cannot be read ({})",
                                       database_->file().string(), record.name, error->message));
    }
    record.tags = read_texts(row.text(5));
    stored.queues.push_back(std::move(record));
  }
}

Status QueueRows::load_messages(StoredQueues& stored) {
  LAM_TRY(Statement row,
          database_->prepare("SELECT key, queue, id, sender, trace_header, group_id, sent_ns, "
                             "visible_ns, first_received_ns, receive_count, receive_count_here, "
                             "dead_letter_source, attributes, body FROM messages ORDER BY key"));
  for (;;) {
    LAM_TRY(const bool any, row.step());
    if (!any) return {};
    queues::Message message;
    queues::MessageState state;
    int column = 0;
    message.key = static_cast<queues::MessageKey>(row.integer(column++));
    state.queue = static_cast<queues::QueueId>(row.integer(column++));
    message.id = row.text(column++);
    message.sender = row.text(column++);
    message.trace_header = row.text(column++);
    message.group_id = row.text(column++);
    message.sent = at(Duration{row.integer(column++)});
    state.visible_at = at(Duration{row.integer(column++)});
    state.first_received = at(Duration{row.integer(column++)});
    state.receive_count = row.integer(column++);
    state.receive_count_here = row.integer(column++);
    state.dead_letter_source = row.text(column++);
    message.attributes = read_attributes(row.text(column++));
    message.body = row.text(column++);
    stored.messages.push_back(
        {std::make_shared<const queues::Message>(std::move(message)), std::move(state)});
  }
}

// --- writing

Status QueueRows::write(const QueueChange& change) {
  if (const auto* mapping = std::get_if<MappingChange>(&change)) {
    if (!mapping->document) return remove_mapping_.bind(1, std::string_view{mapping->uuid}).run();
    return put_mapping_.bind(1, std::string_view{mapping->uuid})
        .bind(2, std::string_view{*mapping->document})
        .run();
  }
  const auto& queue_change = std::get<Change>(change);
  switch (queue_change.kind) {
    case Change::Kind::kPutQueue:
      return write_queue(*queue_change.record);
    case Change::Kind::kRemoveQueue: {
      Status purged = purge_queue_.bind(1, stored_id(queue_change.queue)).bind(2, INT64_MAX).run();
      if (!purged.ok()) return purged;
      return remove_queue_.bind(1, stored_id(queue_change.queue)).run();
    }
    case Change::Kind::kPurgeQueue:
      return purge_queue_.bind(1, stored_id(queue_change.queue))
          .bind(2, stored_id(queue_change.key))
          .run();
    case Change::Kind::kPutMessage:
      return write_message(*queue_change.message, queue_change.state);
    case Change::Kind::kStateMessage:
      return write_state(queue_change.key, queue_change.state);
    case Change::Kind::kRemoveMessage:
      return remove_message_.bind(1, stored_id(queue_change.key)).run();
  }
  return {};
}

Status QueueRows::write_queue(const queues::QueueRecord& record) {
  const std::string attributes = texts(record.settings.given);
  const std::string tags = texts(record.tags);
  return put_queue_.bind(1, stored_id(record.id))
      .bind(2, std::string_view{record.name})
      .bind(3, to_ns(record.created))
      .bind(4, to_ns(record.modified))
      .bind(5, std::string_view{attributes})
      .bind(6, std::string_view{tags})
      .run();
}

Status QueueRows::write_message(const queues::Message& message, const queues::MessageState& state) {
  const std::string attributes = attribute_texts(message.attributes);
  int column = 0;
  const auto text = [&](std::string_view value) { put_message_.bind(++column, value); };
  const auto number = [&](std::int64_t value) { put_message_.bind(++column, value); };
  number(stored_id(message.key));
  number(stored_id(state.queue));
  text(message.id);
  text(message.sender);
  text(message.trace_header);
  text(message.group_id);
  number(to_ns(message.sent));
  number(to_ns(state.visible_at));
  number(to_ns(state.first_received));
  number(state.receive_count);
  number(state.receive_count_here);
  text(state.dead_letter_source);
  text(attributes);
  text(message.body);
  return put_message_.run();
}

Status QueueRows::write_state(queues::MessageKey key, const queues::MessageState& state) {
  return state_message_.bind(1, stored_id(state.queue))
      .bind(2, to_ns(state.visible_at))
      .bind(3, to_ns(state.first_received))
      .bind(4, state.receive_count)
      .bind(5, state.receive_count_here)
      .bind(6, std::string_view{state.dead_letter_source})
      .bind(7, stored_id(key))
      .run();
}

}  // namespace lambdarium::store
