// What the schema says about one place in a record.

#ifndef TAPLINE_COMMON_FILTER_SCHEMA_SOURCE_H_
#define TAPLINE_COMMON_FILTER_SCHEMA_SOURCE_H_

#include <vector>

#include "common/filter/field.h"

namespace tapline::filter {

// Of which kind the records are whose arm begins with this field of v1::Record;
// UNSPECIFIED for fields of every record.
v1::RecordKind KindOfArm(const google::protobuf::FieldDescriptor& first);

// Of what the view makes of the field.
Type TypeOf(const google::protobuf::FieldDescriptor& field, View view);

// Type, unit, range, privacy and, unless it has one, meaning of a field that
// shows `leaf` so.
void FillFrom(const google::protobuf::FieldDescriptor& leaf, View view,
              Field& field);

// From v1::Record down; a message as there or not.
Source SourceAt(
    const std::vector<const google::protobuf::FieldDescriptor*>& steps);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_SCHEMA_SOURCE_H_
