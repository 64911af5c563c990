import { HubAuthError, Options } from './index.js';

export class ApiClient {
  static instance: ApiClient;
  constructor(basePath?: string, options?: Options);
  basePath: string;
  options: Options;
}

export class UsersLoginRequest {
  constructor(username?: string, password?: string);
  username?: string;
  password?: string;
}

export class Users2FALoginRequest {
  constructor(login_2fa_token?: string, code?: string);
  login_2fa_token?: string;
  code?: string;
}

export class PostUsersLoginSuccessResponse {
  token: string;
}

export interface ApiResponse {
  status: number;
  statusCode: number;
  headers: Record<string, string>;
  text: string;
  body: Record<string, unknown>;
}

export type Callback = (
  error: (HubAuthError & { login_2fa_token?: string; response?: ApiResponse }) | null,
  data: PostUsersLoginSuccessResponse | null,
  response: ApiResponse | undefined,
) => void;

export class AuthenticationApi {
  constructor(apiClient?: ApiClient);
  postUsersLogin(request: UsersLoginRequest, callback?: Callback): void;
  postUsers2FALogin(request: Users2FALoginRequest, callback?: Callback): void;
}

declare const DvpDataApi: {
  ApiClient: typeof ApiClient;
  AuthenticationApi: typeof AuthenticationApi;
  PostUsersLoginSuccessResponse: typeof PostUsersLoginSuccessResponse;
  Users2FALoginRequest: typeof Users2FALoginRequest;
  UsersLoginRequest: typeof UsersLoginRequest;
};
export default DvpDataApi;
