// The names that SAM and CloudFormation know, for telling a mistyped key from one that is not
// served here.

#pragma once

#include <array>
#include <string_view>

namespace lambdarium::templates::schema {

using namespace std::string_view_literals;

inline constexpr std::array kTopLevel{"AWSTemplateFormatVersion"sv,
                                      "Transform"sv,
                                      "Description"sv,
                                      "Metadata"sv,
                                      "Globals"sv,
                                      "Parameters"sv,
                                      "Mappings"sv,
                                      "Conditions"sv,
                                      "Rules"sv,
                                      "Resources"sv,
                                      "Outputs"sv,
                                      "Hooks"sv};

inline constexpr std::array kGlobals{
    "Function"sv,    "Api"sv,          "HttpApi"sv,      "WebSocketApi"sv,
    "SimpleTable"sv, "StateMachine"sv, "LayerVersion"sv, "CapacityProvider"sv};

inline constexpr std::array kGlobalsFunction{"Handler"sv,
                                             "Runtime"sv,
                                             "CodeUri"sv,
                                             "DeadLetterQueue"sv,
                                             "Description"sv,
                                             "MemorySize"sv,
                                             "Timeout"sv,
                                             "VpcConfig"sv,
                                             "Environment"sv,
                                             "Tags"sv,
                                             "Tracing"sv,
                                             "KmsKeyArn"sv,
                                             "Layers"sv,
                                             "AutoPublishAlias"sv,
                                             "AutoPublishAliasAllProperties"sv,
                                             "AutoPublishCodeSha256"sv,
                                             "DeletionPolicy"sv,
                                             "UpdateReplacePolicy"sv,
                                             "DeploymentPreference"sv,
                                             "RolePath"sv,
                                             "PermissionsBoundary"sv,
                                             "ReservedConcurrentExecutions"sv,
                                             "ProvisionedConcurrencyConfig"sv,
                                             "AssumeRolePolicyDocument"sv,
                                             "EventInvokeConfig"sv,
                                             "Architectures"sv,
                                             "EphemeralStorage"sv,
                                             "SnapStart"sv,
                                             "RuntimeManagementConfig"sv,
                                             "LoggingConfig"sv,
                                             "FileSystemConfigs"sv,
                                             "FunctionUrlConfig"sv,
                                             "PropagateTags"sv,
                                             "CodeSigningConfigArn"sv,
                                             "SourceKMSKeyArn"sv,
                                             "RecursiveLoop"sv,
                                             "CapacityProviderConfig"sv,
                                             "FunctionScalingConfig"sv,
                                             "TenancyConfig"sv,
                                             "DurableConfig"sv,
                                             "VersionDeletionPolicy"sv,
                                             "PublishToLatestPublished"sv};

inline constexpr std::array kFunction{"Handler"sv,
                                      "Runtime"sv,
                                      "CodeUri"sv,
                                      "DeadLetterQueue"sv,
                                      "Description"sv,
                                      "MemorySize"sv,
                                      "Timeout"sv,
                                      "VpcConfig"sv,
                                      "Environment"sv,
                                      "Tags"sv,
                                      "Tracing"sv,
                                      "KmsKeyArn"sv,
                                      "Layers"sv,
                                      "AutoPublishAlias"sv,
                                      "AutoPublishAliasAllProperties"sv,
                                      "AutoPublishCodeSha256"sv,
                                      "DeletionPolicy"sv,
                                      "UpdateReplacePolicy"sv,
                                      "DeploymentPreference"sv,
                                      "RolePath"sv,
                                      "PermissionsBoundary"sv,
                                      "ReservedConcurrentExecutions"sv,
                                      "ProvisionedConcurrencyConfig"sv,
                                      "AssumeRolePolicyDocument"sv,
                                      "EventInvokeConfig"sv,
                                      "Architectures"sv,
                                      "EphemeralStorage"sv,
                                      "SnapStart"sv,
                                      "RuntimeManagementConfig"sv,
                                      "LoggingConfig"sv,
                                      "FileSystemConfigs"sv,
                                      "FunctionUrlConfig"sv,
                                      "PropagateTags"sv,
                                      "CodeSigningConfigArn"sv,
                                      "SourceKMSKeyArn"sv,
                                      "RecursiveLoop"sv,
                                      "CapacityProviderConfig"sv,
                                      "FunctionScalingConfig"sv,
                                      "TenancyConfig"sv,
                                      "DurableConfig"sv,
                                      "VersionDeletionPolicy"sv,
                                      "PublishToLatestPublished"sv,
                                      "Events"sv,
                                      "FunctionName"sv,
                                      "ImageConfig"sv,
                                      "ImageUri"sv,
                                      "InlineCode"sv,
                                      "PackageType"sv,
                                      "Policies"sv,
                                      "Role"sv,
                                      "VersionDescription"sv};

inline constexpr std::array kGlobalsHttpApi{
    "Auth"sv,         "AccessLogSettings"sv, "StageVariables"sv,
    "Tags"sv,         "CorsConfiguration"sv, "DefaultRouteSettings"sv,
    "Domain"sv,       "RouteSettings"sv,     "FailOnWarnings"sv,
    "PropagateTags"sv};

inline constexpr std::array kHttpApi{"Name"sv,
                                     "StageName"sv,
                                     "Description"sv,
                                     "Auth"sv,
                                     "AccessLogSettings"sv,
                                     "StageVariables"sv,
                                     "Tags"sv,
                                     "CorsConfiguration"sv,
                                     "DefaultRouteSettings"sv,
                                     "Domain"sv,
                                     "RouteSettings"sv,
                                     "FailOnWarnings"sv,
                                     "PropagateTags"sv,
                                     "DefinitionBody"sv,
                                     "DefinitionUri"sv,
                                     "DisableExecuteApiEndpoint"sv};

inline constexpr std::array kHttpApiEvent{
    "Path"sv, "Method"sv,       "ApiId"sv, "PayloadFormatVersion"sv, "TimeoutInMillis"sv,
    "Auth"sv, "RouteSettings"sv};

inline constexpr std::array kEventKeys{"Type"sv, "Properties"sv};

inline constexpr std::array kEventTypes{"HttpApi"sv,
                                        "Api"sv,
                                        "Schedule"sv,
                                        "ScheduleV2"sv,
                                        "SQS"sv,
                                        "SNS"sv,
                                        "S3"sv,
                                        "Kinesis"sv,
                                        "DynamoDB"sv,
                                        "DocumentDB"sv,
                                        "EventBridgeRule"sv,
                                        "CloudWatchEvent"sv,
                                        "CloudWatchLogs"sv,
                                        "IoTRule"sv,
                                        "AlexaSkill"sv,
                                        "Cognito"sv,
                                        "MQ"sv,
                                        "MSK"sv,
                                        "SelfManagedKafka"sv};

inline constexpr std::array kServerlessTypes{"AWS::Serverless::Function"sv,
                                             "AWS::Serverless::HttpApi"sv,
                                             "AWS::Serverless::Api"sv,
                                             "AWS::Serverless::WebSocketApi"sv,
                                             "AWS::Serverless::SimpleTable"sv,
                                             "AWS::Serverless::LayerVersion"sv,
                                             "AWS::Serverless::Application"sv,
                                             "AWS::Serverless::StateMachine"sv,
                                             "AWS::Serverless::Connector"sv,
                                             "AWS::Serverless::GraphQLApi"sv,
                                             "AWS::Serverless::CapacityProvider"sv};

inline constexpr std::array kArchitectures{"x86_64"sv, "arm64"sv};

inline constexpr std::array kMethods{"GET"sv,    "POST"sv, "PUT"sv,     "PATCH"sv,
                                     "DELETE"sv, "HEAD"sv, "OPTIONS"sv, "ANY"sv};

}  // namespace lambdarium::templates::schema
