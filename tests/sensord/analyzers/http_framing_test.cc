#include "sensord/analyzers/http_framing.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline::http {
namespace {

FramingFields Framing(const std::string& lines) {
  const std::string text = "S\r\n" + lines + "\r\n";
  HeadReader reader(text);
  reader.StartLine();
  FramingFields framing;
  HeadField field;
  while (reader.Next(&field)) framing.Add(field);
  return framing;
}

TEST(FramingFieldsTest, LengthsAndCodingsAreRead) {
  EXPECT_FALSE(Framing("").has_length());
  EXPECT_FALSE(Framing("").ambiguous());
  EXPECT_EQ(Framing("content-LENGTH: 42\r\n").length(), 42u);
  EXPECT_TRUE(Framing("Content-Length: 0\r\n").has_length());
  EXPECT_TRUE(Framing("Transfer-Encoding: Chunked\r\n").chunked());
  EXPECT_TRUE(Framing("Transfer-Encoding: gzip, chunked\r\n").chunked());
  const FramingFields gzip = Framing("Transfer-Encoding: gzip\r\n");
  EXPECT_TRUE(gzip.coded());
  EXPECT_FALSE(gzip.chunked() || gzip.ambiguous());
  EXPECT_FALSE(Framing("Transfer-Encoding: identity\r\n").coded());
  const FramingFields twice =
      Framing("Content-Length: 5, 5\r\nContent-Length: 5\r\n");
  EXPECT_TRUE(twice.length_repeated());
  EXPECT_FALSE(twice.ambiguous());
}

TEST(FramingFieldsTest, WhateverCanBeReadTwoWaysIsAmbiguous) {
  for (const char* lines : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5, 6\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: 5 5\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length : 5\r\n",
           "Content-Length: 5\r\n 5\r\n",
           "Content_Length: 5\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked, identity\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: \vchunked\r\n",
           "Transfer-Encoding: \"chunked\"\r\n",
           "Transfer-Encoding:\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding\v: chunked\r\n",
           "Transfer Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\n\tchunked\r\n",
       }) {
    EXPECT_TRUE(Framing(lines).ambiguous()) << lines;
  }
}

// Bytes of `text` that belong to a chunked body given in pieces; npos when it
// does not end, -2 when it breaks.
size_t Chunked(const std::string& text, size_t piece, uint64_t* seen) {
  HttpBody body;
  body.Begin(HttpBody::kChunked);
  size_t taken = 0;
  for (size_t at = 0; at < text.size() && !body.done() && !body.broken();
       at += piece) {
    taken += body.Take(absl::string_view(text).substr(at, piece));
  }
  *seen = body.seen();
  return body.broken() ? std::string::npos - 1
         : body.done() ? taken
                       : std::string::npos;
}

TEST(HttpBodyTest, ChunksAreSteppedOverInAnyPieces) {
  // RFC 9112 7.1, with extensions and trailers.
  const std::string text =
      "4;name=value\r\nWiki\r\n0000A  \r\n0123456789\r\n"
      "0\r\nTrailer: x\r\nOther: y\r\n\r\n";
  for (size_t piece = 1; piece < text.size() + 4; ++piece) {
    uint64_t seen = 0;
    EXPECT_EQ(Chunked(text + "GET", piece, &seen), text.size()) << piece;
    EXPECT_EQ(seen, 14u);
  }
}

TEST(HttpBodyTest, EveryTruncationOfChunksWaitsForMore) {
  const std::string text = "4;a=b\r\nWiki\r\n0\r\nT: x\r\n\r\n";
  for (size_t size = 0; size < text.size(); ++size) {
    uint64_t seen = 0;
    EXPECT_EQ(Chunked(text.substr(0, size), 1, &seen), std::string::npos);
  }
}

TEST(HttpBodyTest, BrokenChunksAreSaidToBe) {
  for (const std::string& text :
       {std::string("x\r\n"), std::string("\r\n"), std::string("0x5\r\n"),
        std::string("+5\r\n"), std::string("5\nhello\r\n"),
        std::string("5 5\r\nhello\r\n"), std::string("5\r\nhello0\r\n"),
        std::string("5\r\nhello\n0\r\n\r\n"), std::string("5\rhello"),
        std::string("ffffffffffffffff\r\n"), std::string("0\r\nT: x\n\r\n"),
        std::string("5;a\nb\r\n"), std::string("5;") + std::string(20000, 'a'),
        std::string("0\r\nT: ") + std::string(20000, 'a')}) {
    uint64_t seen = 0;
    EXPECT_EQ(Chunked(text, 3, &seen), std::string::npos - 1)
        << text.substr(0, 20);
  }
}

TEST(HttpBodyTest, AFloodOfSmallExtensionsIsGivenUp) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "1;a\r\nx\r\n";
  uint64_t seen = 0;
  EXPECT_EQ(Chunked(text, 1000, &seen), std::string::npos - 1);
}

TEST(HttpBodyTest, AHoleWithinDataIsSurvived) {
  HttpBody body;
  body.Begin(HttpBody::kLength, 10);
  EXPECT_EQ(body.Take("abc"), 3u);
  EXPECT_TRUE(body.Skip(5));
  EXPECT_EQ(body.Take("xyz"), 2u);
  EXPECT_TRUE(body.done());
  EXPECT_EQ(body.seen(), 5u);
  EXPECT_EQ(body.missing(), 5u);
  body.Begin(HttpBody::kLength, 10);
  EXPECT_FALSE(body.Skip(11));
  body.Begin(HttpBody::kChunked);
  EXPECT_FALSE(body.Skip(1));
  body.Take("8\r\nab");
  EXPECT_FALSE(body.Skip(7));
  EXPECT_TRUE(body.Skip(6));
  EXPECT_EQ(body.Take("\r\n0\r\n\r\n"), 7u);
  EXPECT_TRUE(body.done());
  body.Begin(HttpBody::kUntilClose);
  EXPECT_TRUE(body.Skip(1000));
}

}  // namespace
}  // namespace tapline::http
